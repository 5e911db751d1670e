package dev.slipway.cli;

import dev.slipway.backend.BackendUnavailableException;
import dev.slipway.tensor.SlipwayException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The root command {@code slipway}; without a subcommand it prints its help. */
@Command(
    name = "slipway",
    description = "Deploys ONNX models on the JVM.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footer = {
      "",
      "Exit status: 0 done; 1 done, and the answer is no (outputs differ, tests failed); 2 unusable arguments or"
          + " input; 3 the environment lacks something.",
      "Start with: slipway quickstart"
    })
final class Main implements Runnable {
  private static final Map<String, Class<?>> COMMANDS = commands();

  @Spec private CommandSpec spec;

  private Main() {}

  private static Map<String, Class<?>> commands() {
    Map<String, Class<?>> commands = new LinkedHashMap<>();
    commands.put("quickstart", Quickstart.class);
    commands.put("env", Env.class);
    commands.put("inspect", Inspect.class);
    commands.put("simplify", Simplify.class);
    commands.put("build", Build.class);
    commands.put("quantize", Quantize.class);
    commands.put("run", Run.class);
    commands.put("check", Check.class);
    commands.put("compare", Compare.class);
    commands.put("bench", Bench.class);
    commands.put("profile", Profile.class);
    commands.put("evaluate", Evaluate.class);
    commands.put("view", View.class);
    commands.put("conformance", Conformance.class);
    return commands;
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8), true);
    PrintWriter err = new PrintWriter(new OutputStreamWriter(System.err, StandardCharsets.UTF_8), true);
    int status = execute(out, err, args);
    out.flush();
    err.flush();
    System.exit(status);
  }

  /** Runs one command line and gives its {@link ExitStatus}. */
  static int execute(PrintWriter out, PrintWriter err, String... args) {
    CommandLine line = new CommandLine(new Main());
    commandsFor(args).forEach(line::addSubcommand);
    line.setOut(out)
        .setErr(err)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpLongOptionsMaxWidth(32)
        .setParameterExceptionHandler(Main::badArguments)
        .setExecutionExceptionHandler(Main::failed);
    try {
      return line.execute(args);
    } catch (OutOfMemoryError e) {
      return report(err, "memory: " + e.getMessage() + " (expected: less than the " + heap() + " heap takes; give more"
          + " by SLIPWAY_JAVA_OPTIONS=-Xmx8g, or use a smaller model or shape)", ExitStatus.ENVIRONMENT);
    } catch (StackOverflowError e) {
      return report(err, "the input is nested too deeply (expected: fewer levels of subgraphs)", ExitStatus.UNUSABLE);
    }
  }

  /** The command that is asked for: to describe all of them takes as long as many a command. All, where it is none. */
  private static Collection<Class<?>> commandsFor(String... args) {
    Class<?> only = args.length == 0 ? null : COMMANDS.get(args[0]);
    return only == null ? COMMANDS.values() : List.of(only);
  }

  private static String heap() {
    return Quantity.bytes(Runtime.getRuntime().maxMemory());
  }

  private static int badArguments(CommandLine.ParameterException failure, String[] args) {
    CommandLine command = failure.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    List<String> similar = failure instanceof CommandLine.UnmatchedArgumentException unmatched
        ? unmatched.getSuggestions()
        : List.of();
    String hint = similar.isEmpty() ? "" : "did you mean " + String.join(" or ", similar) + "? ";
    return report(
        command.getErr(),
        name,
        failure.getMessage() + " (" + hint + name + " --help lists what it takes)",
        ExitStatus.UNUSABLE);
  }

  private static int failed(Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
    if (command.getParseResult().hasMatchedOption("--debug")) {
      failure.printStackTrace(command.getErr());
    }
    if (failure instanceof BackendUnavailableException || failure instanceof EnvironmentException) {
      return report(command.getErr(), failure.getMessage(), ExitStatus.ENVIRONMENT);
    }
    if (failure instanceof SlipwayException) {
      return report(command.getErr(), failure.getMessage(), ExitStatus.UNUSABLE);
    }
    return report(
        command.getErr(),
        "an error in slipway itself: " + failure + " (please report it with the stack trace that --debug prints)",
        ExitStatus.UNUSABLE);
  }

  private static int report(PrintWriter err, String message, int status) {
    return report(err, "slipway", message, status);
  }

  private static int report(PrintWriter err, String command, String message, int status) {
    err.println(command + ": " + String.valueOf(message).strip().replaceAll("\\s*\\R\\s*", " "));
    err.flush();
    return status;
  }
}
