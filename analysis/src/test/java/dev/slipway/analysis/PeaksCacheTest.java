package dev.slipway.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.backend.Device;
import dev.slipway.backend.Peaks;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeaksCacheTest {
  private static final Device DEVICE = new Device("cpu", 0, "A Processor, threads 2", "cpu a processor");
  private static final Peaks PEAKS = new Peaks(
      List.of(new Peaks.Compute("FMA", DType.FLOAT32, 2, 123.5e9), new Peaks.Compute("VNNI", DType.INT8, 2, 500e9)),
      List.of(new Peaks.Memory("L1", 49152, 2, 3e11), new Peaks.Memory("memory", Long.MAX_VALUE, 2, 2e10)),
      1234.5);

  @TempDir private Path folder;

  @Test
  void givesBackWhatItKeeps() {
    PeaksCache cache = new PeaksCache(folder.resolve("deep/slipway"));
    assertThat(cache.read(DEVICE)).isEmpty();
    cache.write(DEVICE, PEAKS);
    assertThat(cache.read(DEVICE)).contains(PEAKS);
    assertThat(cache.read(new Device("cpu", 0, "A Processor, threads 1", "cpu a processor"))).isEmpty();
  }

  @Test
  void knowsAllDevices() throws IOException {
    PeaksCache cache = new PeaksCache(folder.resolve("own"));
    assertThat(cache.known()).isEmpty();
    cache.write(DEVICE, PEAKS);
    cache.write(new Device("cuda", 0, "A GPU", "cuda a GPU"), PEAKS);
    Files.writeString(folder.resolve("own/peaks-cpu-damaged.txt"), "slipway peaks 1");
    assertThat(cache.known()).containsOnlyKeys("A Processor, threads 2", "A GPU").containsValue(PEAKS);
  }

  @Test
  void takesNothingFromADamagedFile() throws IOException {
    PeaksCache cache = new PeaksCache(folder);
    for (String text : List.of("", "slipway peaks 2\nlaunch 1\n", "slipway peaks 1\n", "slipway peaks 1\nlaunch x\n",
        "slipway peaks 1\nlaunch 1\ncompute FMA float32\n", "slipway peaks 1\nlaunch 1\ncompute FMA floaty 1 2\n")) {
      Files.writeString(cache.file(DEVICE), text);
      assertThat(cache.read(DEVICE)).as(text).isEmpty();
    }
  }

  @Test
  void saysWhereItCannotWrite() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThatThrownBy(() -> new PeaksCache(file).write(DEVICE, PEAKS))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("-Dslipway.cache=DIR");
  }
}
