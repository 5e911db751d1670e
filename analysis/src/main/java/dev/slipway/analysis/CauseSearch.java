package dev.slipway.analysis;

import dev.slipway.backend.Plan;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.optimizer.AppliedPatch;
import dev.slipway.optimizer.Pass;
import dev.slipway.optimizer.PassDriver;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Finds what makes a run differ from its model: a kernel, by looking at each step of the tuned graph on its own; one
 * change of one pass, by bisection over the number of changes; the builder's lowering behind the passes; or the
 * constants of two models. Each step runs the reference evaluation once.
 *
 * @param model the graph that is right
 * @param inputs of the run
 * @param threshold what is more than rounding
 * @param progress is told what is looked at
 */
public record CauseSearch(Graph model, Map<String, Tensor> inputs, Threshold threshold, Consumer<String> progress) {

  /**
   * The cause where an engine differs from the model that it was built of.
   *
   * @param trace of the engine
   * @param plan of the engine
   * @param passes those that the builder ran on the model
   */
  public Cause ofEngine(Trace trace, Plan plan, List<Pass> passes) {
    Graph portable = plan.portable().get();
    Graph tuned = plan.tuned().map(Plan.Tuned::graph).orElse(portable);
    progress.accept("looking at each kernel");
    Optional<LayerDifference> step =
        LayerComparison.of(trace, trace, tuned, inputs, threshold).firstDivergence();
    if (step.isPresent()) {
      return kernel(step.get(), plan);
    }
    progress.accept("looking at the passes");
    Optional<Cause> pass = pass(passes);
    if (pass.isPresent()) {
      return pass.get();
    }
    Optional<LayerDifference> model = divergence(portable);
    if (model.isPresent()) {
      return ofModels(portable, model.get());
    }
    return LayerComparison.of(Trace.ofReference(tuned, inputs), Trace.ofReference(portable, inputs), portable, inputs,
            threshold)
        .firstDivergence()
        .map(layer -> new Cause(Cause.Kind.LOWERING, layer.node(), "the builder's lowering behind the passes changed"
            + " what it computes; its kernels compute what the lowered graph says"))
        .orElseGet(() -> new Cause(
            Cause.Kind.UNKNOWN, "", "kernels, passes and lowering each agree with the reference"));
  }

  private static Cause kernel(LayerDifference step, Plan plan) {
    String tactic = plan.tuned()
        .flatMap(tuned -> Optional.ofNullable(tuned.choices().get(step.node())))
        .map(choice -> choice.tactic() + (choice.tuning().parameters().isEmpty() ? "" : " " + choice.tuning()))
        .orElse("the kernel that was chosen when the plan was loaded");
    return new Cause(Cause.Kind.KERNEL, step.node(), tactic + " gives other results than the reference evaluation of"
        + " its node on the same inputs (" + step.local().histogram() + ")");
  }

  /** The first change of a pass after which the graph computes something else; empty where none is. */
  public Optional<Cause> pass(List<Pass> passes) {
    List<AppliedPatch> applied = new PassDriver().run(passes, model).applied();
    if (divergence(limited(passes, applied.size())).isEmpty()) {
      return Optional.empty();
    }
    int right = 0;
    int wrong = applied.size();
    while (wrong - right > 1) {
      int middle = (right + wrong) >>> 1;
      progress.accept("passes: the cause is among changes " + (right + 1) + " to " + wrong + " of " + applied.size());
      if (divergence(limited(passes, middle)).isPresent()) {
        wrong = middle;
      } else {
        right = middle;
      }
    }
    AppliedPatch patch = applied.get(wrong - 1);
    return Optional.of(new Cause(Cause.Kind.PASS, patch.pass(),
        "change " + wrong + " of " + applied.size() + " changed what the graph computes (" + patch.reason() + ")"));
  }

  private Graph limited(List<Pass> passes, int patches) {
    return new PassDriver().withPatchLimit(patches).run(passes, model).graph();
  }

  /** The first layer of the model that another form of it computes otherwise. */
  private Optional<LayerDifference> divergence(Graph other) {
    Trace trace = Trace.ofReference(other, inputs);
    return LayerComparison.of(trace, trace, model, inputs, threshold).firstDivergence();
  }

  /**
   * The cause where two models differ; empty where the reference evaluation of both agrees.
   *
   * @param other the graph of the model in question
   */
  public Optional<Cause> ofModels(Graph other) {
    return divergence(other).map(layer -> ofModels(other, layer));
  }

  private Cause ofModels(Graph other, LayerDifference layer) {
    List<String> differing = new ArrayList<>();
    for (ValueId id : model.node(layer.node()).map(Node::inputs).orElse(List.of())) {
      String name = id.isPresent() ? model.value(id).name() : "";
      constant(model, name).ifPresent(mine -> constant(other, name)
          .filter(theirs -> !theirs.type().equals(mine.type()) || theirs.data().mismatch(mine.data()) >= 0)
          .ifPresent(theirs -> differing.add(name)));
    }
    return new Cause(Cause.Kind.MODEL, layer.node(), differing.isEmpty()
        ? "the two models compute it in another way"
        : "its constants differ in the two models: " + String.join(", ", differing));
  }

  private static Optional<Tensor> constant(Graph graph, String name) {
    return graph.constants().keySet().stream()
        .filter(id -> graph.value(id).name().equals(name))
        .findFirst()
        .flatMap(graph::constant);
  }
}
