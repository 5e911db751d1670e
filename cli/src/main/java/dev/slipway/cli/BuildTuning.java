package dev.slipway.cli;

import dev.slipway.builder.BuildOptions;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How much is measured where a plan is built. */
final class BuildTuning {
  @Option(
      names = "--tuning",
      paramLabel = "off|fast|full",
      description = "How much to measure to choose tactics: off takes the cost model's, full takes minutes"
          + " (default: fast).")
  private BuildOptions.Tuning tuning = BuildOptions.Tuning.FAST;

  @Option(
      names = {"--timing-cache", "--timingCacheFile"},
      paramLabel = "FILE",
      description = "Measured times to start from; new ones are added.")
  private Optional<Path> timingCache = Optional.empty();

  BuildOptions options() {
    BuildOptions options = BuildOptions.defaults().withTuning(tuning);
    return timingCache.map(file -> options.withTimingCache(OutputFile.requireWritable("--timing-cache", file)))
        .orElse(options);
  }
}
