package dev.slipway.cli;

import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that every command takes. */
final class CommonOptions {
  private static final String DEFAULT_TARGET = "cpu";

  /** Read by the cpu backend when it is loaded. */
  private static final String CPU_FEATURES = "slipway.cpu.features";

  @Spec(Spec.Target.MIXEE) private CommandSpec command;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that work on one run (default: the number of processors).")
  private Optional<Integer> threads = Optional.empty();

  @Option(
      names = "--target",
      paramLabel = "TARGET",
      description = "cpu, cuda[:ORDINAL] or reference (default: cpu, or what a plan was built for).")
  private Optional<String> target = Optional.empty();

  @Option(
      names = "--cpu-features",
      paramLabel = "LIST",
      description = "Let kernels use no more than these: avx2, avx512, ... (slipway env lists them).")
  private void restrictCpu(Optional<String> features) {
    features.ifPresent(list -> System.setProperty(CPU_FEATURES, list));
  }

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write the result as JSON; - is standard output, and nothing else is printed there.")
  private String json = "";

  @Option(names = "--quiet", description = "Print results and errors only.")
  private boolean quiet;

  @Option(names = {"--debug", "--verbose"}, description = "Print the stack trace of an error.")
  private boolean debug;

  private Terminal terminal;

  /** Where this command writes. */
  Terminal terminal() {
    if (terminal == null) {
      terminal = new Terminal(command.commandLine().getOut(), command.commandLine().getErr(), quiet, json);
    }
    return terminal;
  }

  int threads() {
    int count = threads.orElseGet(() -> Runtime.getRuntime().availableProcessors());
    OptionValue.atLeast("--threads", count, 1);
    return count;
  }

  /** What was asked for, or the CPU. */
  Target target() {
    return Target.parse(target.orElse(DEFAULT_TARGET), threads());
  }

  /** What was asked for; empty where nothing was. */
  Optional<Target> chosenTarget() {
    return target.map(text -> Target.parse(text, threads()));
  }
}
