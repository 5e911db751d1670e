package dev.slipway.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Where a command writes: results to standard output, what it is doing to standard error, the same as JSON to a file.
 */
final class Terminal {
  private static final String STANDARD_OUTPUT = "-";

  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean quiet;
  private final String json;

  /** With the result as JSON to a file; none where its name is empty. */
  Terminal(PrintWriter out, PrintWriter err, boolean quiet, String json) {
    this.out = out;
    this.err = err;
    this.quiet = quiet;
    this.json = json;
    if (!json.isEmpty() && !json.equals(STANDARD_OUTPUT)) {
      OutputFile.requireWritable("--json", Path.of(json));
    }
  }

  /** A line of the result. */
  void print(String line) {
    if (!json.equals(STANDARD_OUTPUT)) {
      out.println(line);
    }
  }

  void print(Table table) {
    table.lines().forEach(this::print);
  }

  /** A line about what the command is doing, or a warning. */
  void note(String line) {
    if (!quiet) {
      err.println(line);
      err.flush();
    }
  }

  /** Progress of long work. */
  Progress progress() {
    return new Progress(this, !quiet && isInteractive());
  }

  private static boolean isInteractive() {
    return System.console() != null && System.console().isTerminal();
  }

  /** The text of a result as JSON. */
  static String toJson(Object result) {
    return Json.MAPPER.writeValueAsString(result);
  }

  /** Writes the result as JSON where that was asked for. */
  void json(Object result) {
    if (json.isEmpty()) {
      return;
    }
    String text = toJson(result);
    if (json.equals(STANDARD_OUTPUT)) {
      out.println(text);
      out.flush();
      return;
    }
    OutputFile.write("--json", Path.of(json), text + System.lineSeparator());
  }

  /** Made when it is first needed: that takes a tenth of a second in a fresh JVM. */
  private static final class Json {
    static final JsonMapper MAPPER = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
  }
}
