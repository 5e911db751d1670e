package dev.slipway.cli;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Backends;
import dev.slipway.runtime.EngineOptions;
import dev.slipway.tensor.SlipwayException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A backend and one of its devices, written {@code cpu} or {@code cuda:1}.
 *
 * @param threads threads that work on one run
 */
record Target(String backend, int ordinal, int threads) {
  private static final List<String> BACKENDS = List.of("cpu", "cuda", "reference");
  private static final Pattern FORM = Pattern.compile("([a-z]+)(?::(\\d{1,4}))?");

  static Target parse(String text, int threads) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches() || !BACKENDS.contains(matcher.group(1))) {
      throw new SlipwayException("--target: " + text + " (expected: cpu, cuda, cuda:ORDINAL or reference)");
    }
    int ordinal = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
    return new Target(matcher.group(1), ordinal, threads);
  }

  /** Has a thread find out what runs here, while the caller reads a model, say. */
  void prepare() {
    Backends.prepare(backend);
  }

  Backend open() {
    return Backends.open(backend, new BackendOptions(threads, ordinal));
  }

  EngineOptions engineOptions() {
    return new EngineOptions(backend, threads, ordinal);
  }
}
