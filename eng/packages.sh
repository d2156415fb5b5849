#!/usr/bin/env bash
# Packs the library as others get it into artifacts/packages, and uses it from there: contents, the tool installed, a project that references the
# packages. Needs zipinfo and unzip. docs/packages.md says what is in them.
#
#   eng/packages.sh [msbuild properties, such as -p:VersionSuffix=rc.1]
set -euo pipefail
cd "$(dirname "$0")/.."
packages=$PWD/artifacts/packages
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
rm -rf "$packages"

# Paths of this machine stay out of the assemblies, and the bits are the same wherever the commit is built.
for project in Sequor Sequor.Preparation Sequor.Server Sequor.Cli; do
  dotnet pack "src/$project" -c Release -v q -p:ContinuousIntegrationBuild=true "$@"
done

fail() { echo "$1" >&2; exit 1; }
for package in "$packages"/*.nupkg; do
  files=$(zipinfo -1 "$package")
  spec=$(unzip -p "$package" '*.nuspec')
  for part in PACKAGE.md; do grep -qx "$part" <<< "$files" || fail "$package has no $part"; done
  for part in '<license type="expression">Apache-2.0' '<authors>' '<description>' '<tags>' '<readme>PACKAGE.md'; do
    grep -q "$part" <<< "$spec" || fail "$package says no $part"
  done
  if ! grep -q packageType <<< "$spec"; then
    name=$(sed -n 's:.*<id>\(.*\)</id>.*:\1:p' <<< "$spec")
    for part in "lib/net10.0/$name.dll" "lib/net10.0/$name.xml"; do grep -qx "$part" <<< "$files" || fail "$package has no $part"; done
    symbols=$(zipinfo -1 "${package%.nupkg}.snupkg")
    grep -qx "lib/net10.0/$name.pdb" <<< "$symbols" || fail "$package has no symbols"
  fi
  printf '%10s bytes  %s\n' "$(stat -c %s "$package")" "$(basename "$package")"
done

# What is restored here must not take the place of a published package of the same version elsewhere.
cat > "$scratch/nuget.config" << END
<configuration>
  <config><add key="globalPackagesFolder" value="$scratch/cache" /></config>
  <packageSources><add key="packed" value="$packages" /></packageSources>
  <fallbackPackageFolders><add key="there" value="${NUGET_PACKAGES:-$HOME/.nuget/packages}" /></fallbackPackageFolders>
</configuration>
END
version() { basename "$packages/$1".[0-9]*.nupkg .nupkg | sed "s/^$1\.//"; }

# The tool, from a folder of its own.
(cd "$scratch" && dotnet tool install Sequor.Cli --version "$(version Sequor.Cli)" --tool-path tool --configfile nuget.config)
(cd "$scratch" && tool/sequor doctor && tool/sequor quickstart --out quickstart | tail -n 12)

# A project that knows the packages alone: the sample, and an app that answers from the model that it leaves.
mkdir "$scratch/train" "$scratch/ask" "$scratch/out"
cp samples/TrainIn40Lines/Program.cs "$scratch/train"
cat > "$scratch/ask/Program.cs" << 'END'
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Sequor.Server.Contracts;
using Sequor.Server.Embedding;

WebApplicationBuilder builder = WebApplication.CreateBuilder();
builder.Services.AddSequor(options => options.ModelDirectory = args[0]);
await using WebApplication app = builder.Build();
app.Urls.Add("http://127.0.0.1:0");
await app.StartAsync();
RecommendResponse answer = await app.Services.GetRequiredService<HostedRecommender>().RecommendAsync(new() { History = [new() { ItemId = "song-9" }], K = 1 });
Console.WriteLine($"behind song-9 comes {answer.Items[0].ItemId}");
END
project() {
  cat > "$scratch/$1/$1.csproj" << END
<Project Sdk="$2">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <Nullable>enable</Nullable>
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
  </PropertyGroup>
  <ItemGroup><PackageReference Include="$3" Version="$(version "$3")" /></ItemGroup>
</Project>
END
}
project train Microsoft.NET.Sdk Sequor.Preparation
project ask Microsoft.NET.Sdk.Web Sequor.Server
(cd "$scratch/train" && dotnet run -c Release -- "$scratch/out")
(cd "$scratch/ask" && dotnet run -c Release -- "$scratch/out/run/best" | grep '^behind song-9 comes song-10$')
echo "the packages work"
