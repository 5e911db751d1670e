package dev.slipway.cli;

import dev.slipway.analysis.Report;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.backend.Plan;
import dev.slipway.backend.PlanFile;
import dev.slipway.graph.Graph;
import dev.slipway.optimizer.Pipelines;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.EngineOptions;
import dev.slipway.tensor.SlipwayException;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The report of a file: what is in it, and the graph after each stage. */
final class ModelReport {
  private static final String PORTABLE = "folded, eliminated and fused: the portable graph of a plan";

  private ModelReport() {}

  /**
   * Begins the report of a file, without the engine of a plan.
   *
   * @param shapes of a model's inputs, {@code x:1x3x224x224}; empty for its own
   */
  static Report of(ModelFile file, Optional<String> shapes) {
    Report report = Report.of(file.path().getFileName().toString());
    return file.isPlan() ? portable(report, file) : model(report, file.graph(), shapes);
  }

  private static Report model(Report report, Graph read, Optional<String> shapes) {
    List<String> names = read.inputs().stream().map(id -> read.value(id).name()).toList();
    Graph graph = shapes.map(text -> read.withInputShapes(ShapeList.shapes(ShapeList.parse("--shapes", text, names))))
        .orElse(read);
    report.lead("ONNX model " + graph.name()).interfaceOf(graph);
    graph.metadata().forEach(report::fact);
    return report.stage("Model", "as it is in the file", graph)
        .stage("Optimised", PORTABLE, Pipelines.lower(graph).graph());
  }

  private static Report portable(Report report, ModelFile file) {
    try (Arena arena = Arena.ofShared()) {
      Plan plan = PlanFile.read(file.path(), arena);
      Graph graph = plan.portable().get();
      report.lead("plan of " + plan.manifest().model() + ", " + plan.manifest().precision()).interfaceOf(graph);
      plan.manifest().metadata().forEach(report::fact);
      return report.stage("Optimised", PORTABLE, graph);
    }
  }

  /** Adds what a plan runs on its device, and how it uses memory where that device is this one. */
  static Report withEngine(Report report, ModelFile file, Terminal terminal) {
    try (Arena arena = Arena.ofShared()) {
      Plan plan = PlanFile.read(file.path(), arena);
      plan.tuned().ifPresent(tuned -> {
        report.fact("Device", tuned.device());
        report.stage("Engine", "what runs on " + tuned.device() + "; times as measured for tuning", tuned);
      });
    }
    try (Engine engine = Engine.load(file.path(), EngineOptions.defaults())) {
      report.memory(
          engine.workspaceUse(engine.manifest().profiles().stream().findFirst()
              .map(OptimizationProfile::optShapes)
              .orElseGet(Map::of)),
          engine.weightBytes());
    } catch (SlipwayException e) {
      terminal.note("no picture of memory: " + e.getMessage());
    }
    return report;
  }
}
