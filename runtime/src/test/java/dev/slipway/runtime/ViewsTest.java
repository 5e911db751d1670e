package dev.slipway.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.Node;
import dev.slipway.graph.TypeInference;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ViewsTest {
  private static final Layout BLOCKED = new Layout.Blocked(16);

  private static TensorType channels(long count) {
    return TensorType.of(DType.FLOAT32, 1, count, 2, 2).withLayout(BLOCKED);
  }

  @Test
  void blockedPartsEndAtAWholeBlock() {
    assertThat(Views.partsAreAdjacent(channels(48), List.of(channels(16), channels(32)), 1)).isTrue();
    assertThat(Views.partsAreAdjacent(channels(24), List.of(channels(8), channels(16)), 1)).isFalse();
  }

  @Test
  void theLastBlockedPartMayEndWithinABlock() {
    assertThat(Views.partsAreAdjacent(channels(20), List.of(channels(16), channels(4)), 1)).isTrue();
    assertThat(Views.partsAreAdjacent(channels(4), List.of(channels(4)), 1)).isFalse();
  }

  @Test
  void partsOfTheSameTypeAreNotAllTheLast() {
    TensorType part = channels(12);

    assertThat(Views.partsAreAdjacent(channels(24), List.of(part, part), 1)).isFalse();
  }

  @Test
  void axesBeforeTheJoinedOneHaveSizeOne() {
    TensorType part = TensorType.of(DType.FLOAT32, 2, 3);

    assertThat(Views.partsAreAdjacent(TensorType.of(DType.FLOAT32, 4, 3), List.of(part, part), 0)).isTrue();
    assertThat(Views.partsAreAdjacent(TensorType.of(DType.FLOAT32, 2, 6), List.of(part, part), 1)).isFalse();
  }

  private static Optional<Known.Placed> slice(Tensor... bounds) {
    TensorType type = TensorType.of(DType.FLOAT32, 1, 4);
    Graph graph = GraphParser.parse("""
        graph test {
          input x: float32[1, 4]
          input start: int64[1]
          input end: int64[1]
          input axis: int64[1]
          input step: int64[1]
          y = Slice(x, start, end, axis, step)
          output "y" = y
        }
        """, Operators::get);
    Node node = graph.nodes().getFirst();
    List<Optional<Known>> inputs = new ArrayList<>();
    List<TypeInference.Input> typed = new ArrayList<>();
    inputs.add(Optional.of(new Known.Placed(type, new Root(Root.Kind.INPUT, 0, type.bytes()), 0, Optional.empty())));
    Stream.of(bounds).forEach(bound -> inputs.add(Optional.of(new Known.Constant(bound))));
    inputs.forEach(input -> typed.add(input.orElseThrow().forInference()));
    TensorType sliced = (TensorType) TypeInference.infer("slice", node.op(), typed, 1).types().getFirst();
    return Views.of(node, inputs, List.of(sliced), Optional.empty()).map(views -> (Known.Placed) views.getFirst());
  }

  @Test
  void aSliceWithoutStepsIsAPartOfItsInput() {
    Known.Placed part = slice(Tensor.vector(-3), Tensor.vector(4), Tensor.vector(1), Tensor.vector(1)).orElseThrow();
    assertThat(part.offset()).isEqualTo(Float.BYTES);
    assertThat(part.type()).isEqualTo(TensorType.of(DType.FLOAT32, 1, 3));
  }

  @Test
  void aReversedInputIsNoViewOfItAlthoughItHasItsShape() {
    Tensor last = Tensor.vector(-1);
    assertThat(slice(last, Tensor.vector(Long.MIN_VALUE), Tensor.vector(1), Tensor.vector(-1))).isEmpty();
    assertThat(slice(Tensor.vector(0), Tensor.vector(4), Tensor.vector(1), Tensor.vector(2))).isEmpty();
    assertThat(slice(Tensor.vector(0), Tensor.vector(4), Tensor.vector(1), Tensor.vector(1))).isPresent();
  }
}
