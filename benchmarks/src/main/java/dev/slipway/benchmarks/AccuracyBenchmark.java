package dev.slipway.benchmarks;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Backends;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.evaluation.CompanionNetworks;
import dev.slipway.evaluation.Dataset;
import dev.slipway.evaluation.Datasets;
import dev.slipway.evaluation.Evaluation;
import dev.slipway.evaluation.InputShapes;
import dev.slipway.evaluation.Processing;
import dev.slipway.evaluation.Samples;
import dev.slipway.evaluation.Selection;
import dev.slipway.graph.Graph;
import dev.slipway.onnx.OnnxReader;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.ValueType;
import dev.slipway.vision.Inference;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The metrics of one model on a data set, by an engine of the cpu backend and by ONNX Runtime: {@code MODEL.onnx
 * PROCESSING.yaml DATASET [LABELS]}, and {@code --exclude class:10} for a part that is left out.
 */
final class AccuracyBenchmark {
  private static final int THREADS = 2;

  private AccuracyBenchmark() {}

  public static void main(String[] args) throws OrtException {
    List<String> rest = new ArrayList<>(List.of(args));
    int option = rest.indexOf("--exclude");
    String excluded = option < 0 ? "" : rest.get(option + 1);
    if (option >= 0) {
      rest.subList(option, option + 2).clear();
    }
    Path model = Path.of(rest.get(0));
    try (Backend backend = Backends.open("cpu", BackendOptions.withThreads(THREADS));
        Dataset whole = rest.size() > 3
            ? Datasets.open(rest.get(2), Path.of(rest.get(3)))
            : Datasets.open(rest.get(2))) {
      Processing processing = Processing.read(Path.of(rest.get(1)), companions(backend));
      Dataset part = excluded.isEmpty()
          ? whole
          : Datasets.keep(whole, Selection.parse("--exclude", excluded).on(whole).negate());
      compare(model, part, processing, backend);
    }
  }

  /** Networks beside the model run here in both cases, so that only the model differs; they end with the process. */
  private static CompanionNetworks companions(Backend backend) {
    return (model, profile) ->
        Engine.of(new Builder(backend, options(List.of(profile))).build(OnnxReader.read(model)).plan(), backend)
            .newContext()::run;
  }

  private static BuildOptions options(List<OptimizationProfile> profiles) {
    return BuildOptions.defaults().withTuning(BuildOptions.Tuning.OFF).withProfiles(profiles);
  }

  private static void compare(Path model, Dataset part, Processing processing, Backend backend) throws OrtException {
    Graph graph = OnnxReader.read(model);
    Map<String, ValueType> inputs = new LinkedHashMap<>();
    graph.inputs().forEach(id -> inputs.put(graph.value(id).name(), graph.type(id)));
    Evaluation evaluation = Evaluation.of(Samples.of(part, processing.input(), inputs), processing.output());
    BuildOptions options = options(profiles(graph, InputShapes.of(part, processing.input(), inputs)));
    try (Engine engine = Engine.of(new Builder(backend, options).build(graph).plan(), backend);
        ExecutionContext context = engine.newContext()) {
      System.out.println("slipway: " + evaluation.run(context::run).values());
    }
    try (OrtSession.SessionOptions peer = new OrtSession.SessionOptions()) {
      peer.setIntraOpNumThreads(THREADS);
      peer.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
      try (OrtSession session = OrtEnvironment.getEnvironment().createSession(model.toString(), peer)) {
        System.out.println(OnnxRuntimePeer.VERSION + ": " + evaluation.run(peer(session)).values());
      }
    }
  }

  /** The profile that just holds all shapes; none where the model fixes them. */
  private static List<OptimizationProfile> profiles(Graph graph, List<Map<String, long[]>> shapes) {
    Map<String, OptimizationProfile.Range> ranges = new LinkedHashMap<>();
    graph.inputs().stream().filter(id -> !graph.shape(id).isKnown()).map(id -> graph.value(id).name()).forEach(name -> {
      long[] min = shapes.getFirst().get(name).clone();
      long[] max = min.clone();
      for (Map<String, long[]> each : shapes) {
        for (int i = 0; i < min.length; i++) {
          min[i] = Math.min(min[i], each.get(name)[i]);
          max[i] = Math.max(max[i], each.get(name)[i]);
        }
      }
      ranges.put(name, new OptimizationProfile.Range(min, shapes.getFirst().get(name), max));
    });
    return ranges.isEmpty() ? List.of() : List.of(new OptimizationProfile(ranges));
  }

  private static Inference peer(OrtSession session) {
    return inputs -> {
      Map<String, OnnxTensor> values = new LinkedHashMap<>();
      try {
        for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
          values.put(input.getKey(), OnnxRuntimePeer.tensor(OrtEnvironment.getEnvironment(), input.getValue()));
        }
        try (OrtSession.Result result = session.run(values)) {
          Map<String, Tensor> outputs = new LinkedHashMap<>();
          for (Map.Entry<String, OnnxValue> output : result) {
            outputs.put(output.getKey(), floats((OnnxTensor) output.getValue()));
          }
          return outputs;
        }
      } catch (OrtException e) {
        throw new IllegalStateException(e);
      } finally {
        values.values().forEach(OnnxTensor::close);
      }
    };
  }

  private static Tensor floats(OnnxTensor value) {
    FloatBuffer buffer = value.getFloatBuffer();
    float[] floats = new float[buffer.remaining()];
    buffer.get(floats);
    return Tensor.of(floats, value.getInfo().getShape());
  }
}
