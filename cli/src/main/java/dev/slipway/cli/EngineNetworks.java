package dev.slipway.cli;

import dev.slipway.backend.Backend;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.evaluation.CompanionNetworks;
import dev.slipway.graph.Graph;
import dev.slipway.quantization.GraphExecution;
import dev.slipway.vision.Inference;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/** Runs the networks beside a model on engines of a backend that opens with the first of them. */
final class EngineNetworks implements CompanionNetworks, AutoCloseable {
  private final Target target;
  private final Deque<GraphExecution> open = new ArrayDeque<>();
  private Optional<Backend> backend = Optional.empty();

  EngineNetworks(Target target) {
    this.target = target;
  }

  @Override
  public Inference open(Path model, OptimizationProfile profile) {
    if (backend.isEmpty()) {
      backend = Optional.of(target.open());
    }
    Graph graph = new ModelFile(model).requireOnnx("the processing").graph();
    GraphExecution execution = new EngineExecutor(backend.get(), List.of(profile)).open(graph);
    open.push(execution);
    return execution::run;
  }

  @Override
  public void close() {
    open.forEach(GraphExecution::close);
    backend.ifPresent(Backend::close);
  }
}
