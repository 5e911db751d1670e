package dev.slipway.builder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.Node;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.Shape;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Islands of quantised graphs, as graphs of their own and in float32. */
class FloatTwinTest {
  private static final Graph GRAPH = GraphParser.parse("""
      graph two {
        constant s: float32[] = {0.5}
        constant z: uint8[] = {3}
        constant w: float32[2, 2] = {1, 2, 3, 4}
        input x: float32[N, 2]
        xq = QuantizeLinear(x, s, z) "q0"
        xd = DequantizeLinear(xq, s, z) "d0"
        a = MatMul(xd, w) "first"
        r = Relu(a) "relu"
        rq = QuantizeLinear(r, s, z) "q1"
        rd = DequantizeLinear(rq, s, z) "d1"
        b = MatMul(rd, w) "second"
        p = Softmax(b) "softmax"
        pq = QuantizeLinear(p, s, z) "q2"
        pd = DequantizeLinear(pq, s, z) "d2"
        c = MatMul(pd, w) "third"
        output y = c
      }
      """, Operators::get);

  @Test
  void islandsEndWhereFloatsPass() {
    assertThat(QuantizedIslands.of(GRAPH).stream().map(FloatTwinTest::names)).containsExactly(
        List.of("q0", "d0", "first", "relu", "q1", "d1", "second"), List.of("q2", "d2", "third"));
  }

  @Test
  void graphsOfFloatsHaveNone() {
    Graph floats = FloatTwin.of(GRAPH, Set.copyOf(names(GRAPH.nodes())));
    assertThat(QuantizedIslands.of(floats)).isEmpty();
    assertThat(names(floats.nodes())).containsExactly("first", "relu", "second", "softmax", "third");
  }

  @Test
  void oneReaderAloneGetsFloats() {
    Graph graph = GraphParser.parse("""
        graph shared {
          constant s: float32[] = {0.5}
          constant z: uint8[] = {3}
          constant w: float32[2, 2] = {1, 2, 3, 4}
          input x: float32[1, 2]
          xq = QuantizeLinear(x, s, z) "q"
          xd = DequantizeLinear(xq, s, z) "d"
          a = MatMul(xd, w) "left"
          b = MatMul(xd, w) "right"
          c = Add(a, b) "sum"
          output y = c
        }
        """, Operators::get);
    Graph twin = FloatTwin.of(graph, Set.of("left"));
    assertThat(twin.producer(twin.node("left").orElseThrow().input(0))).isEmpty();
    assertThat(twin.producer(twin.node("right").orElseThrow().input(0)).orElseThrow().name()).isEqualTo("d");
  }

  @Test
  void roundedOutputsBecomeExact() {
    Graph graph = GraphParser.parse("""
        graph rounded {
          constant s: float32[] = {0.5}
          constant z: uint8[] = {3}
          input x: float32[1, 2]
          r = Relu(x) "relu"
          rq = QuantizeLinear(r, s, z) "q"
          rd = DequantizeLinear(rq, s, z) "d"
          output y = rd
        }
        """, Operators::get);
    assertThat(names(FloatTwin.of(graph, Set.of("q", "d")).nodes())).containsExactly("relu");
  }

  @Test
  void partsAreGraphsAtFixedShapes() {
    ShapesAtOpt shapes = ShapesAtOpt.of(GRAPH, Map.of("x", Shape.of(5, 2)));
    Graph part = GraphRegion.of(GRAPH, shapes, QuantizedIslands.of(GRAPH).getLast()).orElseThrow();
    assertThat(part.inputs()).extracting(id -> part.value(id).name() + part.shape(id)).containsExactly("p[5, 2]");
    assertThat(part.outputs()).containsOnlyKeys("c");
    assertThat(names(part.nodes())).containsExactly("q2", "d2", "third");
  }

  @Test
  void partsOfUnknownShapesAreNone() {
    ShapesAtOpt shapes = ShapesAtOpt.of(GRAPH, Map.of());
    assertThat(GraphRegion.of(GRAPH, shapes, QuantizedIslands.of(GRAPH).getLast())).isEmpty();
  }

  private static List<String> names(List<Node> nodes) {
    return nodes.stream().map(Node::name).toList();
  }
}
