package dev.slipway.cli;

import dev.slipway.graph.Graph;
import dev.slipway.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Samples that show how large the values of a model get. */
final class RangeSamples {
  private static final int MOST_SAMPLES = 100;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      description = "Samples for --precision fp16: golden data, .npy or .npz files. Nodes whose values come near to"
          + " the end of float16's range on them stay float32, and are named.")
  private Optional<Path> data = Optional.empty();

  /** Spread over all; none where no data are given. */
  List<Map<String, Tensor>> of(Graph graph) {
    List<Map<String, Tensor>> samples = new ArrayList<>();
    data.ifPresent(path -> TensorSamples.read(path, RunnableModel.inputs(graph), RunnableModel.outputs(graph))
        .spread(MOST_SAMPLES)
        .forEach(samples::add));
    return samples;
  }
}
