package dev.slipway.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.util.List;
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
}
