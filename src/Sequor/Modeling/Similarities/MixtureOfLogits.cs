using Sequor.Autograd;

namespace Sequor.Modeling.Similarities;

/// <summary>
/// Mixture of Logits (arXiv 2306.04039, 2407.15462; rails/similarities/mol): φ(q, x) = Σ_p π_p(q, x) · ⟨f_p(q), g_p(x)⟩ / temperature, the weights π a
/// softmax of a gate that sees query, item and logits. What depends on one side alone is computed once and kept as a row
/// (<see cref="MixtureLayout"/>); <see cref="MixtureKernel{V, S}"/> scores rows against rows.
/// </summary>
public sealed unsafe class MixtureOfLogits
{
    private const string Prefix = "_ndp_module.";

    // Of a query projection that is computed again: few enough for its hidden units to be small beside the step, enough for both cores.
    private const int RowsAtOnce = 2048;
    private const string QueryProjection = Prefix + "_query_embeddings_fn._query_emb_proj_module";
    private const string ItemProjection = Prefix + "_item_embeddings_fn._item_emb_proj_module";
    private const string Gates = Prefix + "_gating_fn.";
    private readonly MixtureOfLogitsConfig _config;
    private readonly Projection _query, _item;
    private readonly GateLayers? _queryGate, _itemGate, _pairGate;
    private readonly Parameter[] _users;
    private readonly List<Parameter> _parameters = [];
    private readonly MixtureGate _gate;
    private readonly Func<Tape, object?, Matrix, Matrix> _project;

    /// <summary>Makes the layers, all zero, for states of width <paramref name="queryDim"/> and item vectors of width <paramref name="itemDim"/>.</summary>
    public MixtureOfLogits(MixtureOfLogitsConfig config, int queryDim, int itemDim)
    {
        ArgumentNullException.ThrowIfNull(config);
        _config = config;
        Layout = new MixtureLayout(config.QueryGroupCount, config.ItemGroupCount, config.ComponentDim);
        int users = config.UserHashSizes.Count;
        _query = AddProjection(QueryProjection, queryDim, config.QueryHiddenDim, (config.QueryGroupCount - users) * config.ComponentDim);
        _item = AddProjection(ItemProjection, itemDim, config.ItemHiddenDim, config.ItemGroupCount * config.ComponentDim);
        _queryGate = config.QueryGate ? AddGate(Gates + "_query_only_partial_module.", 0, queryDim, config.QueryGateHiddenDim, biased: false) : null;
        _itemGate = config.ItemGate ? AddGate(Gates + "_item_only_partial_module.", 1, itemDim, config.ItemGateHiddenDim, biased: false) : null;
        _pairGate = config.PairGate ? AddGate(Gates + "_qi_partial_module.", 1, Layout.Logits, config.PairGateHiddenDim, biased: true) : null;
        _users = new Parameter[users];
        for (int i = 0; i < users; i++)
            _users[i] = Add(new Parameter($"{Prefix}_query_embeddings_fn._uid_embeddings_{i}.weight", [config.UserHashSizes[i] + 1, config.ComponentDim], isTable: true));
        _gate = new MixtureGate
        {
            Layout = Layout,
            Combination = config.Combination,
            Epsilon = (float)config.Epsilon,
            Hidden = _pairGate?.Hidden?.Value,
            HiddenBiases = _pairGate?.HiddenBias?.Value,
            Output = _pairGate?.Output.Value,
            OutputBiases = _pairGate?.OutputBias?.Value,
        };
        _project = (tape, _, states) => Apply(tape, DropoutOperation.Apply(tape, states, config.QueryDropoutRate), _query, config.QueryActivation);
    }

    /// <summary>Learned arrays, under the reference's names.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>Floats of a query row.</summary>
    public int QueryWidth => Layout.QueryWidth;

    internal MixtureLayout Layout { get; }

    /// <summary>What the pair kernels read.</summary>
    internal ref readonly MixtureGate Gate => ref _gate;

    /// <summary>Dropout rates inside a pair: on the logits that the gate sees, and on the mixture's weights.</summary>
    internal (double Logits, double Weights) PairDropout => (_config.PairGate ? _config.PairGateDropoutRate : 0, _config.SoftmaxDropoutRate);

    /// <summary>Draws the weights as HSTU's reset does: matrices, tables and the biases of gated units xavier-normal, other biases 0.</summary>
    internal void Initialize(ulong seed)
    {
        var draw = new WeightInitializer(seed);
        foreach (Parameter parameter in _parameters)
            if (parameter.Shape.Count > 1) draw.XavierNormal(parameter);
    }

    /// <summary>
    /// Query rows (n, <see cref="QueryWidth"/>) of states (n, D). <paramref name="userKeys"/> has one key a row, −1 for a stranger, or is empty where the model knows no users.
    /// The mean squared norm of the users' rows joins the loss with <paramref name="userNormWeight"/>; <paramref name="recompute"/> asks for the projection to be
    /// computed again in backward.
    /// </summary>
    internal Matrix Queries(Tape tape, Matrix states, ReadOnlySpan<long> userKeys, float userNormWeight, bool recompute, out double userNorm)
    {
        userNorm = 0;
        bool checkpoints = recompute || _config.ActivationCheckpoint;
        Matrix? gate = _queryGate is null ? null : Apply(tape, states, _queryGate);
        Matrix? projected = _query.Output is null ? null
            : checkpoints ? CheckpointOperation.Apply(tape, states, _query.Output.Value.Rows, null, _project, RowsAtOnce) : _project(tape, null, states);
        // A local, as one model answers many callers at once.
        Span<Matrix> sources = stackalloc Matrix[1 + _users.Length];
        int count = 0;
        if (projected is { } matrix) sources[count++] = matrix;
        foreach (Parameter table in _users)
        {
            sources[count++] = UserEmbeddingOperation.Apply(
                tape, table, userKeys, _config.UserDropoutRate, _config.UserLevelDropout, userNormWeight, out double squares);
            userNorm += squares;
        }
        return ComponentsOperation.Apply(
            tape, sources[..count], gate, Layout.Dim, Layout.QueryGate, Layout.QueryWidth, (float)(1 / _config.Temperature), ComponentEpsilon);
    }

    /// <summary>Whether a step leaves entries of the item side out.</summary>
    internal bool DropsItems => _config.ItemDropoutRate > 0 || (_itemGate is not null && _config.ItemGateDropoutRate > 0);

    /// <summary>Item rows (n, item width) of item vectors (n, D). A step's dropout takes the rows to have these <paramref name="numbers"/> (n); null counts them from 0.</summary>
    internal Matrix Items(Tape tape, Matrix items, int* numbers = null)
    {
        Matrix? gate = _itemGate is null ? null : Apply(tape, DropoutOperation.Apply(tape, items, _config.ItemGateDropoutRate, numbers), _itemGate);
        Matrix projected = Apply(tape, DropoutOperation.Apply(tape, items, _config.ItemDropoutRate, numbers), _item, _config.ItemActivation);
        return ComponentsOperation.Apply(tape, [projected], gate, Layout.Dim, Layout.ItemGate, Layout.ItemWidth, 1f, ComponentEpsilon);
    }

    /// <summary>Whether users have components of their own.</summary>
    internal bool KnowsUsers => _users.Length > 0;

    private float ComponentEpsilon => _config.ComponentL2Norm ? (float)_config.Epsilon : 0f;

    private static Matrix Apply(Tape tape, Matrix x, Projection projection, GatedActivation activation)
    {
        if (projection.Hidden is not null)
        {
            x = LinearOperation.Apply(tape, x, new LinearLayer { Weight = projection.Hidden, Bias = projection.HiddenBias });
            x = GatedLinearOperation.Apply(tape, x, activation == GatedActivation.SwiGlu ? Activation.Silu : Activation.Gelu);
        }
        return LinearOperation.Apply(tape, x, new LinearLayer { Weight = projection.Output!, Bias = projection.OutputBias, OutputMajor = true });
    }

    private static Matrix Apply(Tape tape, Matrix x, GateLayers gate)
    {
        if (gate.Hidden is not null)
            x = LinearOperation.Apply(tape, x, new LinearLayer { Weight = gate.Hidden, Bias = gate.HiddenBias, OutputMajor = true, Activation = Activation.Silu });
        return LinearOperation.Apply(tape, x, new LinearLayer { Weight = gate.Output, Bias = gate.OutputBias, OutputMajor = true });
    }

    // Numbers in names are places in the reference's torch.nn.Sequential, dropout in front. Queries made of users alone have no projection.
    private Projection AddProjection(string name, int inputs, int hidden, int outputs)
    {
        if (outputs == 0) return new Projection(null, null, null, null);
        if (hidden == 0)
            return new Projection(null, null, Add(new Parameter(name + ".1.weight", [outputs, inputs])), Add(new Parameter(name + ".1.bias", [outputs])));
        return new Projection(
            Add(new Parameter(name + ".1._w", [inputs, 2 * hidden])), Add(new Parameter(name + ".1._b", [1, 2 * hidden])),
            Add(new Parameter(name + ".2.weight", [outputs, hidden])), Add(new Parameter(name + ".2.bias", [outputs])));
    }

    private GateLayers AddGate(string name, int place, int inputs, int hidden, bool biased)
    {
        Parameter? first = null, firstBias = null;
        if (hidden > 0)
        {
            first = Add(new Parameter($"{name}{place}.weight", [hidden, inputs]));
            firstBias = Add(new Parameter($"{name}{place}.bias", [hidden]));
            place += 2;
        }
        Parameter output = Add(new Parameter($"{name}{place}.weight", [Layout.Logits, hidden > 0 ? hidden : inputs]));
        return new GateLayers(first, firstBias, output, biased ? Add(new Parameter($"{name}{place}.bias", [Layout.Logits])) : null);
    }

    private Parameter Add(Parameter parameter)
    {
        _parameters.Add(parameter);
        return parameter;
    }

    private sealed record Projection(Parameter? Hidden, Parameter? HiddenBias, Parameter? Output, Parameter? OutputBias);

    private sealed record GateLayers(Parameter? Hidden, Parameter? HiddenBias, Parameter Output, Parameter? OutputBias);
}
