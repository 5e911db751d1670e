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
import java.util.Map;
import java.util.function.UnaryOperator;

/** The report of a file: what is in it, and the graph after each stage. */
final class ModelReport {
  private static final String PORTABLE = "folded, eliminated and fused: the portable graph of a plan";

  private ModelReport() {}

  /**
   * Begins the report of a file, without the engine of a plan.
   *
   * @param atShapes gives a model the shapes that it is shown for; a plan keeps its own
   */
  static Report of(ModelFile file, UnaryOperator<Graph> atShapes) {
    Report report = Report.of(file.path().getFileName().toString());
    return file.isPlan() ? portable(report, file) : model(report, atShapes.apply(file.graph()));
  }

  private static Report model(Report report, Graph graph) {
    report.lead("ONNX model " + graph.name()).interfaceOf(graph);
    graph.metadata().forEach(report::fact);
    return report.stage("Model", "as it is in the file", graph)
        .stage("Optimised", PORTABLE, Pipelines.lower(graph).graph());
  }

  private static Report portable(Report report, ModelFile file) {
    Plan plan = plan(file);
    Graph graph = plan.portable().get();
    report.lead("plan of " + plan.manifest().model() + ", " + plan.manifest().precision()).interfaceOf(graph);
    plan.manifest().metadata().forEach(report::fact);
    return report.stage("Optimised", PORTABLE, graph);
  }

  /** The report looks at constants until it is written. */
  private static Plan plan(ModelFile file) {
    return PlanFile.read(file.path(), Arena.ofAuto());
  }

  /** Adds what a plan runs on its device, and how it uses memory where that device is this one. */
  static Report withEngine(Report report, ModelFile file, Terminal terminal) {
    plan(file).tuned().ifPresent(tuned -> {
      report.fact("Device", tuned.device());
      report.stage("Engine", "what runs on " + tuned.device() + "; times as measured for tuning", tuned);
    });
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
