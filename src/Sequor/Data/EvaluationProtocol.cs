namespace Sequor.Data;

/// <summary>Which events are held out for what; every report names it.</summary>
public enum EvaluationProtocol
{
    /// <summary>Train on all events but the last, test on the last: the published protocol, which has no validation event.</summary>
    Reference,

    /// <summary>Hold out the last two: the second to last chooses the epoch, the last is reported.</summary>
    Validation,
}
