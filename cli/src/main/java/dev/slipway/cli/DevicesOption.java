package dev.slipway.cli;

import dev.slipway.backend.Backends;
import dev.slipway.runtime.Engine;
import dev.slipway.tensor.SlipwayException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import picocli.CommandLine.Option;

/** On which devices of a kind a model runs at once. */
final class DevicesOption {
  private static final Pattern ORDINALS = Pattern.compile("\\d{1,4}(,\\d{1,4})*");

  @Option(
      names = "--devices",
      paramLabel = "LIST",
      description = "Run on several GPUs at once, each with an engine and --streams contexts of its own: all, or"
          + " ordinals such as 0,1 (default: the one of --target).")
  private Optional<String> devices = Optional.empty();

  /** Engines of a model on these devices, of which the first is the model's own. */
  record Engines(List<Engine> all) implements AutoCloseable {
    @Override
    public void close() {
      all.subList(1, all.size()).forEach(Engine::close);
    }

    List<Integer> ordinals() {
      return all.stream().map(engine -> engine.backend().device().ordinal()).toList();
    }
  }

  boolean isPresent() {
    return devices.isPresent();
  }

  /** @param engine the model's own; those on other devices run the same plan */
  Engines engines(RunnableModel model, Engine engine) {
    int own = engine.backend().device().ordinal();
    List<Engine> engines = new ArrayList<>(List.of(engine));
    try {
      ordinals(engine.backend().name(), own).stream()
          .filter(ordinal -> ordinal != own)
          .forEach(ordinal -> engines.add(model.on(ordinal)));
      return new Engines(List.copyOf(engines));
    } catch (RuntimeException e) {
      new Engines(engines).close();
      throw e;
    }
  }

  private List<Integer> ordinals(String backend, int own) {
    if (devices.isEmpty()) {
      return List.of(own);
    }
    int count = Backends.deviceCount(backend);
    if (devices.get().equals("all")) {
      return IntStream.range(0, count).boxed().toList();
    }
    if (!ORDINALS.matcher(devices.get()).matches()) {
      throw new SlipwayException("--devices: " + devices.get() + " (expected: all, or ordinals such as 0,1)");
    }
    List<Integer> ordinals =
        Pattern.compile(",").splitAsStream(devices.get()).map(Integer::valueOf).distinct().toList();
    for (int ordinal : ordinals) {
      OptionValue.require("--devices", ordinal, ordinal < count, "0 to " + (count - 1) + " on " + backend);
    }
    if (!ordinals.contains(own)) {
      throw new SlipwayException(
          "--devices: " + devices.get() + " (expected: " + own + " among them, the device of --target)");
    }
    return ordinals;
  }
}
