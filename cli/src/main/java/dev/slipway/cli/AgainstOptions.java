package dev.slipway.cli;

import dev.slipway.analysis.Contest;
import dev.slipway.analysis.MedianRatio;
import dev.slipway.analysis.OnnxRuntime;
import dev.slipway.builder.BuildOptions;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a model is measured against, in turns. */
final class AgainstOptions {
  private static final String PEER = "onnxruntime";

  /** Lets the threads of ONNX Runtime go to sleep, which spin for 50 ms. */
  private static final long PEER_PAUSE_MILLIS = 60;

  @Option(
      names = "--against",
      paramLabel = "MODEL|onnxruntime",
      description = "Measure in turns with another model or plan, or with ONNX Runtime on the same model, and print the"
          + " ratio of the medians with its confidence interval.")
  private Optional<String> against = Optional.empty();

  @Option(
      names = "--against-precision",
      paramLabel = "fp32|fp16|best",
      description = "Measure in turns with the same model in another precision.")
  private Optional<String> precision = Optional.empty();

  @Mixin private PeerOption peer;

  /** The side that is measured: its file, the engine, and the inputs of both. */
  record First(ModelFile file, Engine engine, Map<String, Datum> inputs) {}

  /** A side that is ready to run. */
  private record Side(String name, Runnable run, long pauseMillis, List<AutoCloseable> resources)
      implements AutoCloseable {
    @Override
    public void close() {
      resources.reversed().forEach(Side::close);
    }

    private static void close(AutoCloseable resource) {
      try {
        resource.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  boolean isPresent() {
    return against.isPresent() || precision.isPresent();
  }

  /**
   * Refuses options that contradict each other.
   *
   * @param loaded whether a rate or several streams are asked for
   */
  void check(boolean loaded) {
    if (against.isPresent() && precision.isPresent()) {
      throw new SlipwayException("--against and --against-precision (expected: one of them)");
    }
    if (isPresent() && loaded) {
      throw new SlipwayException("--against with --rate, --streams or --devices (expected: one run after the other)");
    }
    precision.ifPresent(text -> PrecisionOption.parse("--against-precision", text));
  }

  /** Measures both sides and prints how they compare. */
  void measure(First first, LoadOptions load, BuildTuning tuning, CommonOptions common) {
    Terminal terminal = common.terminal();
    try (ExecutionContext context = first.engine.newContext(); Side side = side(first, tuning, common)) {
      terminal.note(load.text());
      Contest contest = Contest.of(
          () -> context.runAny(first.inputs), side.run, load.rules(common.threads() > 1 ? side.pauseMillis : 0));
      String name = first.file.path() + ", " + first.engine.manifest().precision();
      print(terminal, name, side.name, first, contest, common.threads());
      terminal.json(json(name, side.name, first, contest, common.threads()));
    }
  }

  // ---- the other side

  private Side side(First first, BuildTuning tuning, CommonOptions common) {
    if (against.isPresent() && against.get().equals(PEER)) {
      return peer(first, common.threads());
    }
    Path path = against.map(Path::of).orElse(first.file.path());
    if (!Files.exists(path)) {
      throw new SlipwayException(
          "--against " + path + ": no such file (expected: an .onnx or .plan file, or " + PEER + ")");
    }
    RunnableModel runnable = RunnableModel.open(new ModelFile(path), common);
    try {
      BuildOptions options = precision
          .map(text -> tuning.options().withPrecision(PrecisionOption.parse("--against-precision", text)))
          .orElseGet(tuning::options);
      Map<String, long[]> dims = InputOptions.dims(first.inputs);
      Engine engine = runnable.engine(Profiles.covering(runnable.inputs(), List.of(dims)), options, common.terminal());
      ExecutionContext context = engine.newContext();
      String name = path + ", " + engine.manifest().precision();
      return new Side(name, () -> context.runAny(first.inputs), 0, List.of(runnable, context));
    } catch (RuntimeException e) {
      runnable.close();
      throw e;
    }
  }

  private Side peer(First first, int threads) {
    if (first.file.isPlan()) {
      throw new SlipwayException("--against " + PEER + ": " + first.file.path() + " is a plan (expected: the .onnx"
          + " file, which both can run)");
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    first.inputs.forEach((name, value) -> {
      if (!(value instanceof Tensor tensor)) {
        throw new SlipwayException("--against " + PEER + ": input " + name + " is " + value.type()
            + " (expected: a tensor)");
      }
      tensors.put(name, tensor);
    });
    OnnxRuntime runtime = peer.load();
    OnnxRuntime.Session session = runtime.open(first.file.path(), threads);
    session.bind(tensors);
    return new Side("onnxruntime " + runtime.version(), session::run, PEER_PAUSE_MILLIS, List.of(session));
  }

  // ---- results

  private static void print(
      Terminal terminal, String name, String other, First first, Contest contest, int threads) {
    MedianRatio ratio = contest.ratio();
    terminal.print("device      " + first.engine.backend().device().description());
    terminal.print("threads     " + threads + " on each side");
    terminal.print("shapes      " + ShapeList.texts(InputOptions.dims(first.inputs)));
    terminal.print("samples     " + contest.ours().length + " of each side, in turns");
    terminal.print("median      " + Quantity.millis(contest.ourMillis()) + "  " + name);
    terminal.print("against     " + Quantity.millis(contest.theirMillis()) + "  " + other);
    terminal.print(String.format(Locale.ROOT, "ratio       %.3f, 95 %% confidence %.3f to %.3f: %s", ratio.value(),
        ratio.low(), ratio.high(), verdict(ratio)));
    contest.disturbance().warnings().forEach(warning -> terminal.print("disturbed   " + warning));
  }

  private static String verdict(MedianRatio ratio) {
    if (ratio.isUndecided()) {
      return "these samples show no difference";
    }
    return ratio.value() < 1
        ? String.format(Locale.ROOT, "the first is %.2f times as fast", 1 / ratio.value())
        : String.format(Locale.ROOT, "the first takes %.2f times as long", ratio.value());
  }

  private static Map<String, Object> json(String name, String other, First first, Contest contest, int threads) {
    MedianRatio ratio = contest.ratio();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", name);
    json.put("against", other);
    json.put("device", first.engine.backend().device().description());
    json.put("threads", threads);
    json.put("shapes", InputOptions.dims(first.inputs));
    json.put("samples", contest.ours().length);
    json.put("medianMs", contest.ourMillis());
    json.put("againstMs", contest.theirMillis());
    json.put("ratio", Map.of("value", ratio.value(), "low", ratio.low(), "high", ratio.high()));
    json.put("disturbance", contest.disturbance().json());
    return json;
  }
}
