package dev.slipway.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.vision.Image;
import dev.slipway.vision.PixelFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PreparedSamplesTest {
  private static final Image PIXEL = Image.allocate(1, 1, PixelFormat.GREY);

  private final AtomicInteger read = new AtomicInteger();

  private Samples samples(int size, int broken, int workers) {
    Dataset dataset = new Dataset() {
      @Override
      public String name() {
        return "numbers";
      }

      @Override
      public int size() {
        return size;
      }

      @Override
      public Item item(int index) {
        read.incrementAndGet();
        if (index == broken) {
          throw new SlipwayException("item " + index + ": broken");
        }
        return new Item(String.valueOf(index), new Content.Picture(PIXEL), new Label.Category(index));
      }
    };
    InputProcessing processing = (item, inputs) -> List.of(new Sample(item.name(), Map.of(), item.label()));
    return Samples.of(dataset, processing, Map.of(), workers);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void keepsTheOrderTwice(int workers) {
    Samples samples = samples(50, -1, workers);
    List<String> expected = IntStream.range(0, 50).mapToObj(String::valueOf).toList();
    for (int pass = 0; pass < 2; pass++) {
      try (Stream<Sample> stream = samples.stream()) {
        assertThat(stream.map(Sample::name)).containsExactlyElementsOf(expected);
      }
    }
    assertThat(samples.size()).isEqualTo(50);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void readsOnlyAFewAhead(int workers) {
    Samples samples = samples(1000, -1, workers);
    assertThat(samples.stream().limit(10).count()).isEqualTo(10);
    assertThat(read.get()).isLessThanOrEqualTo(10 + 3 * workers);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void passesOnWhatIsBroken(int workers) {
    assertThatThrownBy(() -> samples(10, 7, workers).stream().forEach(sample -> {}))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("item 7: broken");
  }

  @Test
  void refusesLessThanNoWorkers() {
    assertThatThrownBy(() -> samples(1, -1, -1)).hasMessage("workers: -1 (expected: >= 0)");
  }
}
