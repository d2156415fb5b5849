using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling.InputPreprocessors;

/// <summary>
/// The way back through x = dropout(e + position[place of the token in its history]): leaves the gradient of e in place of that of x and
/// adds the sums over users to the position table.
/// </summary>
/// <remarks>
/// A piece owns eight rows of the position table and walks over the users, so that each token is visited once, for its dropout and for its
/// position's sum. Early positions, which most users reach, are handed out first.
/// </remarks>
internal static unsafe class PositionGradient
{
    private const int PositionsPerPiece = 8;

    internal static int PieceCount(SequenceBatch tokens) => (tokens.LongestHistory + PositionsPerPiece - 1) / PositionsPerPiece;

    internal static void Run<V, S>(int piece, SequenceBatch tokens, in Matrix x, Parameter table, in Dropout dropout) where V : struct where S : struct, ISimd<V>
    {
        int start = piece * PositionsPerPiece;
        ReadOnlySpan<int> offsets = tokens.Offsets;
        for (int user = 0; user < tokens.UserCount; user++)
        {
            int first = offsets[user], end = Math.Min(offsets[user + 1] - first, start + PositionsPerPiece);
            for (int i = start; i < end; i++)
            {
                float* d = x.RowGradient(first + i), position = table.Value.RowGradient(i);
                for (int c = 0; c < x.Stride; c += S.Count)
                {
                    V g = S.Multiply(S.Load(d + c), dropout.Factors<V, S>(first + i, x.Stride, c));
                    S.Store(g, d + c);
                    S.Store(S.Add(g, S.Load(position + c)), position + c);
                }
            }
        }
    }
}
