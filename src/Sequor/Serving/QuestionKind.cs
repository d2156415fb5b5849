using Sequor.Retrieval;

namespace Sequor.Serving;

/// <summary>What questions must share to be answered together: one index, one set of inputs, about the same number of results.</summary>
internal readonly record struct QuestionKind(ITopKIndex Index, bool HasTimes, bool HasRatings, int FetchOctave);
