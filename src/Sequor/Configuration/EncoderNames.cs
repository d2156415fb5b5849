using Sequor.Modeling;

namespace Sequor.Configuration;

/// <summary>What encoders are called in settings (<c>train_fn.main_module</c>).</summary>
public static class EncoderNames
{
    internal static readonly (string Name, EncoderKind Kind)[] All =
        [("SASRec", EncoderKind.SasRec), ("HSTU", EncoderKind.Hstu), ("FuXi-alpha", EncoderKind.FuXiAlpha), ("FuXi-beta", EncoderKind.FuXiBeta), ("LiGR", EncoderKind.Ligr)];

    /// <summary>The name of an encoder.</summary>
    public static string Of(EncoderKind kind) => Array.Find(All, encoder => encoder.Kind == kind).Name;
}
