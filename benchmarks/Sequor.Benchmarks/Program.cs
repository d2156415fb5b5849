using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Environments;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using Sequor.Benchmarks;

// dotnet run -c Release --project benchmarks/Sequor.Benchmarks -- --filter '*Attention*'
// Kernels are compiled as in the product: optimised from the first call.
Job job = Job.ShortRun.WithRuntime(CoreRuntime.Core10_0)
    .WithEnvironmentVariable("DOTNET_TieredPGO", "0")
    .WithEnvironmentVariable("DOTNET_TC_QuickJitForLoops", "0");
BenchmarkSwitcher.FromAssembly(typeof(Floats).Assembly).Run(args, DefaultConfig.Instance.AddJob(job).WithArtifactsPath("artifacts/benchmarks").HideColumns("Error", "StdDev", "RatioSD", "Job"));
