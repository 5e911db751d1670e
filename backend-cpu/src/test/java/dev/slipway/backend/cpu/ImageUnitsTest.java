package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ImageUnitsTest {

  @Test
  void coversEveryPartAndGroupOfEveryImageOnce() {
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      int mostParts = 1 + random.nextInt(20);
      ImageUnits units = ImageUnits.of(
          1 + random.nextInt(4),
          random.nextBoolean(),
          1 + random.nextInt(12),
          1 + random.nextInt(mostParts),
          mostParts,
          1 + random.nextInt(9));
      Set<List<Integer>> seen = new HashSet<>();
      for (int unit = 0; unit < units.count(); unit++) {
        assertThat(units.image(unit)).isBetween(0, units.images() - 1);
        assertThat(units.part(unit)).isBetween(0, units.parts() - 1);
        assertThat(units.group(unit)).isBetween(0, units.groups() - 1);
        assertThat(seen.add(List.of(units.image(unit), units.part(unit), units.group(unit)))).isTrue();
      }
    }
  }

  @Test
  void cutsPixelsBeforeChannels() {
    assertThat(ImageUnits.of(1, true, 8, 1, 56, 4)).isEqualTo(new ImageUnits(1, 8, 1, true));
    assertThat(ImageUnits.of(1, true, 8, 1, 4, 4)).isEqualTo(new ImageUnits(1, 4, 2, true));
  }

  @Test
  void cutsChannelsOfSmallImages() {
    assertThat(ImageUnits.of(1, false, 8, 1, 7, 60)).isEqualTo(new ImageUnits(1, 1, 8, false));
    assertThat(ImageUnits.of(1, false, 8, 1, 7, 2)).isEqualTo(new ImageUnits(1, 4, 2, false));
    assertThat(ImageUnits.cutsPixels(49, 2)).isFalse();
    assertThat(ImageUnits.cutsPixels(196, 2)).isTrue();
  }

  @Test
  void keepsThePartsThatCachesAskFor() {
    assertThat(ImageUnits.of(1, false, 8, 3, 3, 60)).isEqualTo(new ImageUnits(1, 3, 2, false));
  }

  @Test
  void cutsLargeBatchesIntoImages() {
    assertThat(ImageUnits.of(16, true, 8, 1, 56, 4)).isEqualTo(new ImageUnits(16, 1, 1, true));
  }
}
