package dev.slipway.cli;

import dev.slipway.analysis.OnnxRuntime;
import dev.slipway.analysis.Trace;
import dev.slipway.backend.Backend;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.backend.Plan;
import dev.slipway.backend.PlanFile;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.onnx.OnnxWriter;
import dev.slipway.runtime.Engine;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs models with a trace of their values, for commands that compare them. */
record TracedRuns(CommonOptions common, BuildTuning tuning, PeerOption peer) {
  static final String REFERENCE = "reference";
  static final String ONNX_RUNTIME = "onnxruntime";

  /**
   * A run of an engine.
   *
   * @param source the graph that the plan was built of
   */
  record Run(Plan plan, Graph source, Trace trace, Map<String, Tensor> inputs) {}

  /** Runs a model on the engine of {@code --target}; inputs that are made for it live as long as the arena. */
  Run ofEngine(ModelFile file, InputOptions input, BuildOptions.Precision precision, Arena arena) {
    try (RunnableModel runnable = RunnableModel.open(file, common)) {
      Map<String, Tensor> inputs = tensors(input.values(runnable, arena).getFirst());
      common.terminal().note("running A on " + common.chosenTarget().orElse(common.target()).backend() + " ...");
      if (file.isPlan()) {
        Plan plan = PlanFile.read(file.path(), arena);
        Engine engine = runnable.engine(List.of(), tuning, common.terminal());
        return new Run(plan, plan.portable().get(), Trace.ofEngine(engine, inputs), inputs);
      }
      Graph graph = file.graph();
      try (Backend backend = common.target().open()) {
        Plan plan = plan(graph, backend, precision, inputs);
        return new Run(plan, graph, trace(plan, backend, inputs), inputs);
      }
    }
  }

  /**
   * Runs a graph.
   *
   * @param runner {@link #REFERENCE}, {@link #ONNX_RUNTIME} or a target
   */
  Trace on(String runner, Graph graph, Map<String, Tensor> inputs) {
    common.terminal().note("running B on " + runner + " ...");
    return switch (runner) {
      case REFERENCE -> Trace.ofReference(graph, inputs);
      case ONNX_RUNTIME -> peerTrace(graph, inputs);
      default -> engineTrace(runner, graph, inputs);
    };
  }

  private Trace engineTrace(String target, Graph graph, Map<String, Tensor> inputs) {
    try (Backend backend = Target.parse(target, common.threads()).open()) {
      return trace(plan(graph, backend, BuildOptions.Precision.FP32, inputs), backend, inputs);
    }
  }

  /** ONNX Runtime gives the values inside of a model where they are its outputs, which keeps it from fusing there. */
  private Trace peerTrace(Graph graph, Map<String, Tensor> inputs) {
    Map<String, ValueId> all = new LinkedHashMap<>(graph.outputs());
    for (Node node : graph.nodes()) {
      for (ValueId id : node.outputs()) {
        if (id.isPresent() && graph.type(id) instanceof TensorType) {
          all.putIfAbsent(graph.value(id).name(), id);
        }
      }
    }
    Path file = temporaryFile();
    try {
      OnnxWriter.write(graph.withOutputs(all), file);
      try (OnnxRuntime.Session session = peer.load().open(file, common.threads())) {
        session.bind(inputs);
        return new Trace(session.outputs());
      }
    } finally {
      file.toFile().delete();
    }
  }

  private static Path temporaryFile() {
    try {
      return Files.createTempFile("slipway-compare", ".onnx");
    } catch (IOException e) {
      throw new SlipwayException("temporary file: " + FileFailure.reason(e) + " (expected: a writable folder "
          + System.getProperty("java.io.tmpdir") + ")", e);
    }
  }

  private Plan plan(Graph graph, Backend backend, BuildOptions.Precision computed, Map<String, Tensor> inputs) {
    Map<String, long[]> dims = InputOptions.dims(inputs);
    List<OptimizationProfile> profiles = Profiles.covering(RunnableModel.inputs(graph), List.of(dims));
    try (Progress progress = common.terminal().progress()) {
      BuildOptions options =
          tuning.options().withPrecision(computed).withProfiles(profiles).withProgress(progress);
      return new Builder(backend, options).build(graph).plan();
    }
  }

  private static Trace trace(Plan plan, Backend backend, Map<String, Tensor> inputs) {
    try (Engine engine = Engine.of(plan, backend)) {
      return Trace.ofEngine(engine, inputs);
    }
  }

  private static Map<String, Tensor> tensors(Map<String, Datum> values) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    values.forEach((name, value) -> {
      if (!(value instanceof Tensor tensor)) {
        throw new SlipwayException("input " + name + ": " + value.type() + " (expected: a tensor)");
      }
      tensors.put(name, tensor);
    });
    return tensors;
  }
}
