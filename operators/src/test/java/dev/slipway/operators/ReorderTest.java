package dev.slipway.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import org.junit.jupiter.api.Test;

class ReorderTest {
  private final Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 1, 3, 2);

  @Test
  void blocksChannelsAndPadsWithZeros() {
    Tensor y = new Interpreter().evaluate(new Reorder(new Layout.Blocked(2)), x);

    assertThat(y.type()).isEqualTo(x.type().withLayout(new Layout.Blocked(2)));
    assertThat(new Tensor(TensorType.of(y.dtype(), 8), y.data()).toFloats())
        .containsExactly(1, 3, 2, 4, 5, 0, 6, 0);
  }

  @Test
  void thereAndBackIsTheSame() {
    Tensor y = new Interpreter().evaluate(new Reorder(new Layout.Blocked(16)), x);

    assertThat(new Interpreter().evaluate(new Reorder(Layout.CONTIGUOUS), y).toFloats()).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void takesTheLayoutAsText() {
    assertThat(Reorder.DEFINITION.create(Attributes.of("layout", "c16"))).isEqualTo(new Reorder(new Layout.Blocked(16)));
    assertThatThrownBy(() -> Reorder.DEFINITION.create(Attributes.of("layout", "nhwc")))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessage("attribute layout: nhwc (expected: contiguous, or c and a block such as c16)");
  }
}
