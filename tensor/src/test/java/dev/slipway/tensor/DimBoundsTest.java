package dev.slipway.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DimBoundsTest {
  @Test
  void countsPartsWithoutWalkingSharedOnesAgain() {
    Dim dim = Dim.symbol("N");
    for (int i = 0; i < 100; i++) {
      dim = new Dim.Max(dim, dim);
    }
    assertThat(dim.isLargerThan(64)).isTrue();
    assertThat(Dim.symbol("N").times(2).plus(1).isLargerThan(64)).isFalse();
  }

  @Test
  void absorbsBounds() {
    Dim n = Dim.symbol("N");
    Dim bounded = n.min(Dim.of(512));
    assertThat(n.max(bounded)).isEqualTo(n);
    assertThat(bounded.max(n)).isEqualTo(n);
    assertThat(bounded.min(n)).isEqualTo(bounded);
    assertThat(n.min(n.max(Dim.of(3)))).isEqualTo(n);
    assertThat(n.max(Dim.of(3)).max(n)).isEqualTo(n.max(Dim.of(3)));
    assertThat(n.max(Dim.of(3))).isNotEqualTo(n);
  }
}
