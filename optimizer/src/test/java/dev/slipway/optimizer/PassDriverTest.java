package dev.slipway.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Identity;
import dev.slipway.operators.Neg;
import dev.slipway.operators.Pad;
import dev.slipway.operators.Relu;
import dev.slipway.operators.Reshape;
import dev.slipway.operators.Transpose;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PassDriverTest {
  private static final String CHAIN = """
      input x: float32[2, 3]
      a = Identity(x)
      b = Relu(a)
      c = Identity(b)
      y = Neg(c)
      output y = y
      """;

  @Test
  void logsCountsAndTimesPatches() {
    List<AppliedPatch> heard = new ArrayList<>();
    Optimization done = new PassDriver().withListener(heard::add)
        .run(List.of(new EliminateIdentity()), PassAssert.graph(CHAIN));
    assertThat(heard).isEqualTo(done.applied());
    assertThat(heard.getFirst()).hasToString("EliminateIdentity: dropped Identity_0: identity");
    assertThat(done.counts()).containsEntry("EliminateIdentity", 2);
    assertThat(done.times()).containsKey("EliminateIdentity");
    assertThat(done.graph().nodes()).extracting(Node::op).containsExactly(new Relu(), new Neg());
    assertThat(done.converged()).isTrue();
  }

  @Test
  void stopsAfterSoManyPatches() {
    Optimization done =
        new PassDriver().withPatchLimit(1).run(List.of(new EliminateIdentity()), PassAssert.graph(CHAIN));
    assertThat(done.applied()).hasSize(1);
    assertThat(done.graph().nodes()).hasSize(3);
    assertThat(done.converged()).isFalse();
  }

  @Test
  void changesSubgraphs() {
    Graph graph = PassAssert.graph("""
        input x: float32[2]
        input yes: bool[]
        y = If(yes, x) {
          then_branch = graph then { input a: float32[2]  b = Identity(a)  c = Exp(b) output c = c },
          else_branch = graph otherwise { input a: float32[2] c = Neg(a) output c = c }
        }
        output y = y
        """);
    Optimization done = new PassDriver().run(List.of(new EliminateIdentity()), graph);
    assertThat(done.graph().nodes().getFirst().op().subgraphs()).allMatch(inner -> inner.nodes().size() == 1);
    assertThat(done.applied()).hasSize(1);
    assertThat(Equivalence.check(graph, done.graph(), 3).holds()).isTrue();
  }

  @Test
  void infersTypesAnewFromWhatHasBecomeConstant() {
    GraphBuilder builder = new GraphBuilder("test");
    ValueId x = builder.input("x", TensorType.of(DType.FLOAT32, Shape.of(Dim.symbol("N"))));
    ValueId matrix = builder.constant("matrix", Tensor.of(new long[] {1, 2}, 2, 1));
    ValueId pads = builder.add(new Reshape(false), matrix, builder.constant("shape", Tensor.vector(2)));
    Graph graph = builder.output("y", builder.add(new Pad(Pad.Mode.CONSTANT), x, pads)).build();

    Graph folded = new PassDriver().run(List.of(new FoldConstants(), new RefineTypes()), graph).graph();

    assertThat(graph.type(graph.outputs().get("y"))).hasToString("float32[?Pad_0.d0]");
    assertThat(folded.type(folded.outputs().get("y"))).hasToString("float32[N+3]");
  }

  @Test
  void namesThePassThatBreaksAGraph() {
    RewriteRule<Relu> wrong = new RewriteRule<>() {
      @Override
      public String name() {
        return "Wrong";
      }

      @Override
      public Class<Relu> anchor() {
        return Relu.class;
      }

      @Override
      public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Relu op) {
        GraphPatch.Builder patch = GraphPatch.on(graph, "for no reason");
        return Optional.of(
            patch.replace(node.output(), patch.add("t", new Transpose(List.of()), node.input(0))).build());
      }
    };
    assertThatThrownBy(() -> new PassDriver().run(List.of(wrong), PassAssert.graph(CHAIN)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("pass Wrong broke graph g (for no reason)")
        .hasMessageContaining("float32[3, 2] (expected: float32[2, 3])");
  }

  @Test
  void isQuickOnLargeGraphs() {
    StringBuilder lines = new StringBuilder("input x: float32[2]\nv0 = Relu(x)\n");
    for (int i = 0; i < 1500; i++) {
      lines.append("w%d = Identity(v%d)\nv%d = Neg(w%d)\n".formatted(i, i, i + 1, i));
    }
    Graph graph = PassAssert.graph(lines + "output y = v1500\n");
    long begin = System.nanoTime();
    Optimization done = new PassDriver().run(List.of(new EliminateIdentity(), new MergeReshapes()), graph);
    assertThat(done.applied()).hasSize(1500);
    assertThat(System.nanoTime() - begin).as("nanoseconds").isLessThan(4_000_000_000L);
    assertThat(done.graph().nodes()).noneMatch(node -> node.op() instanceof Identity);
  }
}
