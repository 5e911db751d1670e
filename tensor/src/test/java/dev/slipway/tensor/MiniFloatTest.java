package dev.slipway.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MiniFloatTest {

  /** The last code is that of the largest number. */
  @ParameterizedTest
  @CsvSource({
      "FLOAT8E4M3FN, 126, 448", "FLOAT8E4M3FNUZ, 127, 240", "FLOAT8E5M2, 123, 57344", "FLOAT8E5M2FNUZ, 127, 57344",
      "FLOAT4E2M1, 7, 6", "FLOAT8E8M0, 254, 1.7014118346046923e38"})
  void encodesToTheNearestTiesToEven(DType type, int last, double largest) {
    MiniFloat codec = MiniFloat.of(type);
    assertThat(codec.decode(last)).isEqualTo(largest);
    for (int code = 0; code < last; code++) {
      double below = codec.decode(code);
      double above = codec.decode(code + 1);
      double middle = (below + above) / 2;
      assertThat(codec.encode(below, true)).isEqualTo(code);
      assertThat(codec.encode(Math.nextDown(middle), true)).isEqualTo(code);
      assertThat(codec.encode(middle, true)).isEqualTo(code % 2 == 0 ? code : code + 1);
      assertThat(codec.encode(Math.nextUp(middle), true)).isEqualTo(code + 1);
    }
    assertThat(codec.encode(1e300, true)).isEqualTo(last);
  }
}
