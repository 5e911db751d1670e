package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ImageUnitsTest {

  @Test
  void coversEveryPixelAndChannelOfEveryImageOnce() {
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      int mostParts = 1 + random.nextInt(20);
      ImageUnits units = ImageUnits.of(
          1 + random.nextInt(4),
          1 + random.nextInt(3),
          1 + random.nextInt(12),
          1 + random.nextInt(mostParts),
          mostParts,
          1 + random.nextInt(9));
      int pixels = units.parts() + random.nextInt(30);
      int channels = units.groups() + random.nextInt(5);
      Set<List<Integer>> seen = new HashSet<>();
      for (int unit = 0; unit < units.count(); unit++) {
        for (int pixel = units.firstPixel(unit, pixels); pixel < units.endPixel(unit, pixels); pixel++) {
          for (int c = units.firstChannel(unit, channels); c < units.endChannel(unit, channels); c++) {
            assertThat(seen.add(List.of(units.image(unit), pixel, c))).isTrue();
          }
        }
      }
      assertThat(seen).hasSize(units.images() * pixels * channels);
    }
  }

  @Test
  void cutsPixelsBeforeChannels() {
    assertThat(ImageUnits.of(1, 2, 8, 1, 56, 4)).isEqualTo(new ImageUnits(1, 2, 4, true));
    assertThat(ImageUnits.of(1, 2, 8, 1, 56, 1)).isEqualTo(new ImageUnits(1, 8, 1, true));
    assertThat(ImageUnits.of(1, 2, 8, 4, 4, 4)).isEqualTo(new ImageUnits(1, 4, 2, true));
  }

  @Test
  void cutsChannelsOfSmallImages() {
    assertThat(ImageUnits.of(1, 1, 8, 1, 7, 60)).isEqualTo(new ImageUnits(1, 1, 8, false));
    assertThat(ImageUnits.of(1, 1, 8, 1, 7, 2)).isEqualTo(new ImageUnits(1, 4, 2, false));
    assertThat(ImageUnits.firstParts(49, 2)).isEqualTo(1);
    assertThat(ImageUnits.firstParts(196, 2)).isEqualTo(2);
  }

  @Test
  void keepsThePartsThatCachesAskFor() {
    assertThat(ImageUnits.of(1, 1, 8, 3, 3, 60)).isEqualTo(new ImageUnits(1, 3, 2, false));
  }

  @Test
  void cutsLargeBatchesIntoImages() {
    assertThat(ImageUnits.of(16, 2, 8, 1, 56, 4)).isEqualTo(new ImageUnits(16, 1, 1, true));
  }
}
