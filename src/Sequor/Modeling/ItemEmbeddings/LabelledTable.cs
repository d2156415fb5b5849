using Sequor.Autograd;
using Sequor.Data;

namespace Sequor.Modeling.ItemEmbeddings;

/// <summary>A learned table and what its rows stand for, by which those of two models are matched, however either numbers them.</summary>
/// <param name="Table">The table.</param>
/// <param name="Attribute">The attribute whose values are the rows; null when row i is item i.</param>
/// <param name="FirstValueRow">Row of the attribute's first value; the rows before it stand for the same in every model.</param>
internal sealed record LabelledTable(Parameter Table, CategoricalAttribute? Attribute, int FirstValueRow = 0);
