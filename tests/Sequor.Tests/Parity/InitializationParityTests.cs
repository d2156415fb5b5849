using System.Text.Json;
using Sequor.Autograd;
using Sequor.Modeling;
using Sequor.Modeling.Encoders;
using Sequor.Modeling.Similarities;
using Xunit;

namespace Sequor.Tests.Parity;

/// <summary>Names, shapes and spread of the initial weights at the published settings.</summary>
public class InitializationParityTests
{
    private const int MovieLensItems = 3952;

    public static TheoryData<string> StatisticsFiles => GoldenCase.Of("init_stats");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(StatisticsFiles))]
    public void Initial_weights_have_the_names_shapes_and_spread_of_the_reference(string file)
    {
        using var statistics = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(GoldenCase.Folder, file + ".json")));
        foreach (JsonProperty setting in statistics.RootElement.EnumerateObject())
        {
            using var model = new RecommenderModel(Published(setting.Name) ?? throw new InvalidOperationException($"the settings of {setting.Name} are not known"), MovieLensItems);
            model.Initialize(seed: 42);
            // One entry is a remark on the padding row, without a name.
            JsonElement[] expected = [.. setting.Value.GetProperty("params").EnumerateArray().Where(p => p.TryGetProperty("name", out _))];
            Assert.Equal(expected.Select(p => p.GetProperty("name").GetString()).Order(), model.Parameters.Select(p => p.Name).Order());
            foreach (JsonElement p in expected) Compare(p, model.Parameters.Single(own => own.Name == p.GetProperty("name").GetString()));
        }
    }

    internal static ModelConfig? Published(string setting)
    {
        var common = new ModelConfig { EmbeddingDim = 50, MaxSequenceLength = 200, OutputLength = 10, ItemL2Norm = true };
        return setting switch
        {
            "ml-1m/sasrec-sampled-softmax-n128-final" => common with { Encoder = EncoderKind.SasRec, SasRec = new SasRecConfig { FeedForwardDim = 50 } },
            "ml-1m/hstu-sampled-softmax-n128-final" => common with { Encoder = EncoderKind.Hstu, Hstu = new HstuConfig { QueryKeyDim = 50, ValueDim = 50 } },
            "ml-1m/hstu-sampled-softmax-n128-large-final" =>
                common with { Encoder = EncoderKind.Hstu, Hstu = new HstuConfig { BlockCount = 8, HeadCount = 2, QueryKeyDim = 25, ValueDim = 25 } },
            "HSTU+MoL" => common with
            {
                Encoder = EncoderKind.Hstu,
                Hstu = new HstuConfig { QueryKeyDim = 50, ValueDim = 50 },
                Similarity = SimilarityKind.MixtureOfLogits,
                Mixture = new MixtureOfLogitsConfig { ComponentDim = 32, ItemHiddenDim = 512 },
            },
            _ => null,
        };
    }

    // Both sides are samples: a mean of n draws is off by σ/√n, a deviation by at most σ/√n; six of these cover every parameter. The
    // file rounds to five decimals.
    private static void Compare(JsonElement expected, Parameter parameter)
    {
        Assert.Equal(expected.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()), parameter.Shape);
        float[] values = GoldenModel.Values(parameter.Value);
        double mean = values.Average(value => (double)value), deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / Math.Max(1, values.Length - 1));
        double std = expected.GetProperty("std").GetDouble(), error = 6 * std * Math.Sqrt(2.0 / values.Length) + 1e-5;
        Assert.True(Math.Abs(deviation - std) <= error, $"{parameter.Name}: deviation {deviation}, the reference has {std} (± {error})");
        double expectedMean = expected.GetProperty("mean").GetDouble();
        Assert.True(Math.Abs(mean - expectedMean) <= error, $"{parameter.Name}: mean {mean}, the reference has {expectedMean} (± {error})");
        // A truncated distribution must not reach far beyond the reference's extremes, nor stay far inside.
        double largest = Math.Max(Math.Abs(expected.GetProperty("min").GetDouble()), Math.Abs(expected.GetProperty("max").GetDouble()));
        double own = values.Max(Math.Abs);
        Assert.True(own <= 1.7 * largest + 1e-5 && largest <= 1.7 * own + 1e-5, $"{parameter.Name}: reaches {own}, the reference {largest}");
    }
}
