package dev.slipway.optimizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.GraphPrinter;
import dev.slipway.graph.GraphVerifier;
import dev.slipway.operators.Operators;
import java.util.ArrayList;
import java.util.List;

/** What a pass must make of a graph in text form. The lines are those inside of the graph. */
final class PassAssert {
  private final List<Pass> passes;

  private PassAssert(List<Pass> passes) {
    this.passes = passes;
  }

  /** The passes run together; dead code is dropped before. */
  static PassAssert assertPass(Pass... passes) {
    return new PassAssert(List.of(passes));
  }

  static Graph graph(String lines) {
    Graph graph = GraphParser.parse("graph g {\n" + lines + "}", Operators::get);
    GraphVerifier.verify(graph);
    return graph;
  }

  /** Both graphs compute the same, and the passes make the second of the first. */
  PassAssert rewrites(String before, String expected) {
    Graph original = graph(before);
    Optimization optimization = new PassDriver().run(passes, original);
    assertThat(GraphPrinter.canonical(optimization.graph()))
        .as("%s; refused: %s", optimization.applied(), optimization.refusals())
        .isEqualTo(GraphPrinter.canonical(graph(expected)));
    GraphVerifier.verify(optimization.graph());
    Equivalence equivalence = Equivalence.check(original, optimization.graph(), 1);
    assertThat(equivalence.holds()).as("%s", equivalence).isTrue();
    return this;
  }

  /** The passes leave the graph as it is. */
  PassAssert keeps(String before) {
    Optimization optimization = new PassDriver().run(passes, graph(before));
    assertThat(optimization.applied()).isEmpty();
    return this;
  }

  /** The passes leave the graph as it is and say why. */
  PassAssert refuses(String before, String reason) {
    Optimization optimization = new PassDriver().run(passes, graph(before));
    assertThat(optimization.applied()).isEmpty();
    List<String> reasons = new ArrayList<>();
    optimization.refusals().forEach(refusal -> reasons.add(refusal.reason()));
    assertThat(reasons).contains(reason);
    return this;
  }
}
