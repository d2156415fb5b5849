using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling;

/// <summary>Rows of the item table as a similarity sees them: y_r = e[id_r], or e / max(‖e‖, ε) where items are normalised.</summary>
internal sealed unsafe class ItemRowsOperation : Operation
{
    private readonly Action<int> _forward;
    private readonly RowGradient _tableGradient = new();
    private Parameter _table = null!;
    private Matrix _y;
    private int* _ids;
    private bool _normalizes;
    private float _epsilon;
    private TokenBlocks _blocks;

    public ItemRowsOperation() =>
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);

    internal override bool KeepsOutputGradient => true;

    internal override long GatheredBytes => sizeof(float) * _y.Size;

    /// <summary>The rows of <paramref name="ids"/> (n), which stay where they are until the next step: (n, D).</summary>
    internal static Matrix Apply(Tape tape, Parameter table, int* ids, int count, bool normalize, float epsilon)
    {
        var op = tape.Next<ItemRowsOperation>();
        (op._table, op._normalizes, op._epsilon) = (table, normalize, epsilon);
        op._ids = ids;
        op._y = tape.Allocate(count, table.Value.Columns, clearGradient: false);
        op._blocks = TokenBlocks.Fine(count);
        tape.Workers.Run(op._blocks.Count, op._forward);
        return op._y;
    }

    internal override void Backward()
    {
        _tableGradient.Set(Tape, _ids, _y.Rows, 1, null, 1f, _y.Gradient, _table.Value, _normalizes, _epsilon);
        _table.Add(_tableGradient);
    }

    private void Forward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _blocks[piece];
        for (int r = first; r < end; r++)
        {
            float* e = _table.Value.Row(_ids[r]), y = _y.Row(r);
            V scale = S.Create(_normalizes ? RowKernels<V, S>.InverseNorm(e, _y.Stride, _epsilon) : 1f);
            for (int c = 0; c < _y.Stride; c += S.Count) S.Store(S.Multiply(S.Load(e + c), scale), y + c);
        }
    }
}
