package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.tensor.SlipwayException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ShapeListTest {
  @Test
  void parsesSeveralInputs() {
    Map<String, long[]> shapes = ShapeList.parse("--shapes", "a:1x3, b:0:7,c:scalar", List.of("a", "b:0", "c"));
    assertThat(shapes.get("a")).containsExactly(1, 3);
    assertThat(shapes.get("b:0")).containsExactly(7);
    assertThat(shapes.get("c")).isEmpty();
  }

  @Test
  void theNameOfTheOnlyInputMayBeLeftOut() {
    assertThat(ShapeList.parse("--shapes", "1x3x8x8", List.of("x")).get("x")).containsExactly(1, 3, 8, 8);
  }

  @Test
  void refusesTheSameInputTwice() {
    assertThatThrownBy(() -> ShapeList.parse("--shapes", "x:1,x:2", List.of("x")))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("--shapes: input x twice (expected: one shape for each input)");
  }

  @Test
  void printsWhatItParses() {
    assertThat(ShapeList.text(1, 3, 224, 224)).isEqualTo("1x3x224x224");
    assertThat(ShapeList.text()).isEqualTo("scalar");
  }
}
