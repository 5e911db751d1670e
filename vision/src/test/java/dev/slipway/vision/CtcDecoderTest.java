package dev.slipway.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.tensor.SlipwayException;
import java.util.List;
import org.junit.jupiter.api.Test;

class CtcDecoderTest {
  private final CtcDecoder decoder = CtcDecoder.ofDictionary(List.of("a", "b"));

  @Test
  void mergesRepeatsAndDropsBlanks() {
    assertThat(decode(0, 1, 1, 0, 1, 2, 2, 0, 3, 3, 2)).isEqualTo("aab b");
  }

  @Test
  void onlyBlanksAreNoText() {
    assertThat(decoder.decode(steps(0.9f, 0, 0, 0), 0, 3)).isEqualTo(new RecognizedText("", 0));
    assertThat(decoder.decode(new float[0], 0, 0)).isEqualTo(new RecognizedText("", 0));
  }

  @Test
  void confidenceIsTheMeanOfTheFirstStepOfEachCharacter() {
    float[] probabilities = {
      0.1f, 0.8f, 0.1f, 0,
      0.2f, 0.7f, 0.1f, 0,
      0.9f, 0.1f, 0, 0,
      0.1f, 0.3f, 0.6f, 0
    };
    RecognizedText text = decoder.decode(probabilities, 0, 4);
    assertThat(text.text()).isEqualTo("ab");
    assertThat(text.confidence()).isCloseTo(0.7, within(1e-6));
  }

  @Test
  void beginsAtTheOffset() {
    float[] two = {1, 0, 0, 0, 0, 0, 1, 0};
    assertThat(decoder.decode(two, 4, 1).text()).isEqualTo("b");
    assertThatThrownBy(() -> decoder.decode(two, 4, 2)).isInstanceOf(SlipwayException.class)
        .hasMessage("probabilities: 8 from 4 (expected: 2 steps of 4 classes)");
  }

  private String decode(int... classes) {
    return decoder.decode(steps(0.9f, classes), 0, classes.length).text();
  }

  private static float[] steps(float probability, int... classes) {
    float[] probabilities = new float[classes.length * 4];
    for (int i = 0; i < classes.length; i++) {
      probabilities[4 * i + classes[i]] = probability;
    }
    return probabilities;
  }
}
