package dev.slipway.cli;

import dev.slipway.analysis.Contest;
import dev.slipway.analysis.Load;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How long and in how many threads a model is run where its time is measured. */
final class LoadOptions {
  @Option(
      names = {"--warm-up", "--warmUp"},
      paramLabel = "MS",
      description = "Run so many milliseconds before measuring (default: until the just-in-time compiler is done and"
          + " times are stable, a minute at most).")
  private Optional<Double> warmUpMillis = Optional.empty();

  @Option(names = "--duration", paramLabel = "S", description = "Measure for so many seconds (default: 3).")
  private double durationSeconds = 3;

  @Option(
      names = "--iterations",
      paramLabel = "N",
      description = "Measure at least so many runs of each stream (default: 10).")
  private int iterations = 10;

  @Option(
      names = "--streams",
      paramLabel = "N",
      description = "Run in so many threads at once, each with a context of its own (default: 1).")
  private int streams = 1;

  /** Refuses what is no load. */
  void check() {
    OptionValue.atLeast("--streams", streams, 1);
    OptionValue.atLeast("--iterations", iterations, 1);
    OptionValue.atLeast("--duration", durationSeconds, 0);
    warmUpMillis.ifPresent(millis -> OptionValue.atLeast("--warm-up", millis, 0));
  }

  int streams() {
    return streams;
  }

  /** Runs that follow each other. */
  Load closed() {
    return atRate(0);
  }

  /** Runs that are asked for at a rate; 0 for runs that follow each other. */
  Load atRate(double perSecond) {
    return new Load(streams, warmUpMillis.orElse(Double.NaN), durationSeconds, iterations, perSecond);
  }

  /** The same for two sides that take turns. */
  Contest.Rules rules(long pauseMillis) {
    return new Contest.Rules(warmUpMillis.orElse(Double.NaN), durationSeconds, pauseMillis);
  }

  /** For people, what is about to happen. */
  String text() {
    return "warming up " + warmUpMillis.map(Quantity::millis).orElse("until times are stable")
        + ", then measuring for " + Quantity.seconds(durationSeconds) + " ...";
  }
}
