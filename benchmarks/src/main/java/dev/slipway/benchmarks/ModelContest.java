package dev.slipway.benchmarks;

import ai.onnxruntime.OrtException;
import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Backends;
import dev.slipway.backend.PlanFile;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.onnx.OnnxWriter;
import dev.slipway.optimizer.FoldDequantizedWeights;
import dev.slipway.optimizer.PassDriver;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.EngineOptions;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.runtime.StepTime;
import dev.slipway.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * One workload at one number of threads: a plan for Slipway, and for the peer the models that it may choose from. Made
 * once, it can be measured several times; sessions and engines are made anew each time.
 */
final class ModelContest implements AutoCloseable {
  private static final int PROFILED_RUNS = 101;
  private final Workload workload;
  private final int threads;
  private final Path folder;
  private final Path plan;
  private final List<Path> peerModels = new ArrayList<>();
  private final Path floatPlan;
  private final double buildSeconds;

  /**
   * Builds the plan, and that of a model of floats where the workload is made of one.
   *
   * @param folders to look for models in
   * @param original the file that the model was read from
   */
  ModelContest(
      Workload workload,
      List<Path> folders,
      Graph model,
      Optional<Path> original,
      int threads,
      BuildOptions options)
      throws IOException {
    this.workload = workload;
    this.threads = threads;
    folder = Files.createTempDirectory("benchmark");
    plan = folder.resolve("model.plan");
    long start = System.nanoTime();
    build(model, options, plan);
    buildSeconds = (System.nanoTime() - start) / 1e9;
    floatPlan = folder.resolve("float.plan");
    Optional<Graph> floats = workload.floats().flatMap(other -> other.source().graph(folders));
    if (floats.isPresent()) {
      build(floats.get(), options, floatPlan);
    }
    original.ifPresent(peerModels::add);
    peerModels.add(folder.resolve("peer.onnx"));
    writePeerForm(workload, model, peerModels.getLast());
  }

  private void build(Graph model, BuildOptions options, Path to) throws IOException {
    try (Backend backend = Backends.open("cpu", BackendOptions.withThreads(threads))) {
      PlanFile.write(new Builder(backend, options.withProfiles(List.of(workload.profile()))).build(model).plan(), to);
    }
  }

  /**
   * The model with float32 weights that are no inputs: where they are, the peer cannot fold or pack them. What we
   * quantised stays as it is: the peer makes integer kernels of weights behind DequantizeLinear.
   */
  static void writePeerForm(Workload workload, Graph model, Path file) {
    boolean isQuantized = workload.source() instanceof ModelSource.Quantized;
    OnnxWriter.write(
        isQuantized ? model : new PassDriver().run(List.of(new FoldDequantizedWeights()), model).graph(), file);
  }

  ModelResult measure(int samples) throws OrtException {
    Map<String, Tensor> inputs = workload.inputs();
    try (OnnxRuntimePeer peer = fastestPeer(inputs);
        Engine engine = Engine.load(plan, EngineOptions.defaults().withThreads(threads));
        ExecutionContext context = engine.newContext()) {
      double difference = difference(context.run(inputs), peer.outputs());
      Interleaved times = Interleaved.againstPeer(() -> context.run(inputs), peer::run, threads, samples);
      double speedup = Files.exists(floatPlan) ? floatSpeedup(context, inputs, samples) : Double.NaN;
      return new ModelResult(workload.name(), threads, times.ourMedian(), times.theirMedian(), buildSeconds,
          loadMillis(), peer.createMillis(), difference, speedup);
    }
  }

  /** How many times as fast as its model of floats the workload is. */
  private double floatSpeedup(ExecutionContext context, Map<String, Tensor> inputs, int samples) {
    try (Engine engine = Engine.load(floatPlan, EngineOptions.defaults().withThreads(threads));
        ExecutionContext floats = engine.newContext()) {
      return Interleaved.measure(() -> context.run(inputs), () -> floats.run(inputs), samples).ratio();
    }
  }

  /** The steps of a run, each with its times in many runs, the shortest first. */
  List<List<StepTime>> steps() {
    Map<String, Tensor> inputs = workload.inputs();
    try (Engine engine = Engine.load(plan, EngineOptions.defaults().withThreads(threads));
        ExecutionContext context = engine.newContext()) {
      List<List<StepTime>> runs = new ArrayList<>();
      for (int i = 0; i < PROFILED_RUNS; i++) {
        runs.add(context.profile(inputs));
      }
      return IntStream.range(0, runs.getFirst().size())
          .mapToObj(step -> runs.stream()
              .map(run -> run.get(step))
              .sorted(Comparator.comparingLong(StepTime::nanos))
              .toList())
          .toList();
    }
  }

  /** Of the model as it was found and as it is written here, the peer gets the one that it runs faster. */
  private OnnxRuntimePeer fastestPeer(Map<String, Tensor> inputs) throws OrtException {
    OnnxRuntimePeer best = new OnnxRuntimePeer(peerModels.getFirst(), threads, inputs);
    for (Path model : peerModels.subList(1, peerModels.size())) {
      OnnxRuntimePeer other = new OnnxRuntimePeer(model, threads, inputs);
      boolean faster = Interleaved.warmUp(other::run) < Interleaved.warmUp(best::run);
      (faster ? best : other).close();
      best = faster ? other : best;
    }
    return best;
  }

  /** The median of a few loads, as a warm process sees them. */
  private double loadMillis() {
    double[] millis = new double[5];
    for (int i = 0; i < millis.length; i++) {
      long begin = System.nanoTime();
      try (Engine engine = Engine.load(plan, EngineOptions.defaults().withThreads(threads))) {
        engine.newContext().close();
        millis[i] = (System.nanoTime() - begin) / 1e6;
      }
    }
    Arrays.sort(millis);
    return millis[millis.length / 2];
  }

  /** The largest |ours − theirs| / max(1, |theirs|) of all outputs. */
  static double difference(Map<String, Tensor> ours, Map<String, float[]> theirs) {
    double largest = 0;
    for (Map.Entry<String, float[]> output : theirs.entrySet()) {
      float[] actual = ours.get(output.getKey()).toFloats();
      for (int i = 0; i < actual.length; i++) {
        double scale = Math.max(1, Math.abs(output.getValue()[i]));
        double error = Math.abs(actual[i] - output.getValue()[i]) / scale;
        largest = Double.isNaN(error) ? Double.POSITIVE_INFINITY : Math.max(largest, error);
      }
    }
    return largest;
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(plan);
    Files.deleteIfExists(floatPlan);
    Files.deleteIfExists(folder.resolve("peer.onnx"));
    Files.deleteIfExists(folder);
  }
}
