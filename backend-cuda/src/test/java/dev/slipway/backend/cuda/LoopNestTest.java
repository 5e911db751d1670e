package dev.slipway.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoopNestTest {
  private static TensorType halves(long... dims) {
    return TensorType.of(DType.FLOAT16, dims);
  }

  private static TensorType last(long... dims) {
    return halves(dims).withLayout(new Layout.ChannelsLast(8));
  }

  @Test
  void runsTensorsOfOneShapeAsOneLoop() {
    LoopNest nest = LoopNest.of(halves(2, 16, 5, 6), List.of(halves(2, 16, 5, 6))).collapsed();
    assertThat(nest.loops()).containsExactly(new LoopNest.Loop(3, 960, 960, List.of(1L, 1L)));
    assertThat(nest.lanes(2)).isEqualTo(8);
  }

  @Test
  void keepsTheLoopAlongWhichAnOperandIsBroadcast() {
    LoopNest nest = LoopNest.of(halves(2, 16, 5, 6), List.of(halves(16, 1, 1))).collapsed();
    assertThat(nest.loops()).extracting(LoopNest.Loop::size).containsExactly(2L, 16L, 30L);
    assertThat(nest.isUniform(1)).isTrue();
    assertThat(nest.lanes(2)).isEqualTo(2);
  }

  @Test
  void runsInTheOrderOfMemory() {
    LoopNest nest = LoopNest.of(last(2, 16, 5, 6), List.of(halves(2, 16, 5, 6)));
    assertThat(nest.loops()).extracting(LoopNest.Loop::axis).containsExactly(0, 2, 3, 1);
    assertThat(nest.loops().getLast().strides()).containsExactly(1L, 30L);
  }

  @Test
  void fillsUpChannels() {
    LoopNest nest = LoopNest.of(last(2, 3, 5, 6), List.of(last(2, 3, 5, 6))).collapsed();
    assertThat(nest.loops().getLast().size()).isEqualTo(8);
    assertThat(nest.loops().getLast().valid()).isEqualTo(3);
    assertThat(nest.elements()).isEqualTo(2 * 5 * 6 * 8);
  }
}
