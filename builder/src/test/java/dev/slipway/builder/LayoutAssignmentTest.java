package dev.slipway.builder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.KernelRequest;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.Node;
import dev.slipway.operators.Concat;
import dev.slipway.operators.Conv;
import dev.slipway.operators.Operators;
import dev.slipway.operators.Relu;
import dev.slipway.operators.Transpose;
import dev.slipway.tensor.Layout;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LayoutAssignmentTest {
  private static final Layout BLOCKED = new Layout.Blocked(16);

  /** Computes convolutions of anything into blocks, lets others follow in blocks, and transposes out of blocks. */
  private final FakeBackend backend = new FakeBackend(new FakeTime())
      .preferringBlocks(op -> op instanceof Conv)
      .with("conv", request -> request.op() instanceof Conv && isBlocked(request), 1, choice -> 1)
      .with("any", request -> isFollower(request) && isBlocked(request), 1, choice -> 1)
      .with("plain", request -> isFollower(request) && isContiguous(request), 1, choice -> 1)
      .with(
          "transposition",
          request -> request.op() instanceof Transpose && !isContiguous(request)
              && request.output().layout() == Layout.CONTIGUOUS,
          1,
          choice -> 1);

  private final Reasons reasons = new Reasons();

  private static boolean isFollower(KernelRequest request) {
    return request.op() instanceof Relu || request.op() instanceof Concat;
  }

  private static boolean isBlocked(KernelRequest request) {
    return request.output().layout().equals(BLOCKED);
  }

  private static boolean isContiguous(KernelRequest request) {
    return request.inputTypes().stream().allMatch(type -> type.layout() == Layout.CONTIGUOUS)
        && request.output().layout() == Layout.CONTIGUOUS;
  }

  private List<String> operators(String nodes) {
    Graph graph = GraphParser.parse("""
        graph g {
          input x: float32[1, 20, 4, 4]
          input w: float32[20, 20, 1, 1]
        %s
        }
        """.formatted(nodes), Operators::get);
    Graph assigned = LayoutAssignment.assign(graph, backend, ShapesAtOpt.of(graph, Map.of()), reasons);
    return assigned.nodes().stream().map(Node::op).map(op -> op.schema().name()).toList();
  }

  @Test
  void reordersAfterWhatLikesBlocks() {
    assertThat(operators("""
        a = Conv(x, w, _)
        b = Relu(a)
        c = Conv(b, w, _)
        output "y" = c
        """)).containsExactly("Conv", "Relu", "Conv", "Reorder");
  }

  @Test
  void aTranspositionTakesTheValueOutOfBlocks() {
    assertThat(operators("""
        a = Conv(x, w, _)
        b = Transpose(a) {perm = [0, 2, 3, 1]}
        output "y" = b
        """)).containsExactly("Conv", "Transpose");
  }

  @Test
  void channelsAreJoinedInBlocksForWhoeverTakesThem() {
    assertThat(operators("""
        a = Conv(x, w, _)
        b = Conv(x, w, _)
        c = Concat(a, b) {axis = 1}
        d = Relu(c)
        output "y" = d
        """)).containsExactly("Conv", "Conv", "Concat", "Relu", "Reorder");
  }

  @Test
  void channelsAreJoinedContiguousWhereNobodyTakesBlocks() {
    assertThat(operators("""
        a = Conv(x, w, _)
        b = Conv(x, w, _)
        c = Concat(a, b) {axis = 1}
        constant s: int64[2] = {1, -1}
        d = Reshape(c, s)
        output "y" = d
        """)).containsExactly("Conv", "Conv", "Reorder", "Reorder", "Concat", "Reshape");
    assertThat(reasons.byNode().values().toString()).contains("whoever reads its output wants it contiguous");
  }
}
