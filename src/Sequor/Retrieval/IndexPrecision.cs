namespace Sequor.Retrieval;

/// <summary>What an index keeps of an item's vector for its scan. The answers are the same; memory and time are not.</summary>
public enum IndexPrecision
{
    /// <summary>Four bytes a component: the scan's scores are the answer.</summary>
    Float32,

    /// <summary>Two bytes a component; candidates are scored again from the model's table.</summary>
    BFloat16,

    /// <summary>One byte a component and a float an item; candidates are scored again from the model's table.</summary>
    Int8,
}
