package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheLevelTest {
  @TempDir private Path folder;

  private void index(int index, String level, String type, String size, String processors) throws IOException {
    Path files = Files.createDirectories(folder.resolve("index" + index));
    Files.writeString(files.resolve("level"), level + "\n");
    Files.writeString(files.resolve("type"), type + "\n");
    Files.writeString(files.resolve("size"), size + "\n");
    Files.writeString(files.resolve("shared_cpu_list"), processors + "\n");
  }

  @Test
  void readsWhatHoldsData() throws IOException {
    index(0, "3", "Unified", "32M", "0-3,8-11");
    index(1, "1", "Instruction", "32K", "0");
    index(2, "1", "Data", "48K", "0");
    assertThat(CacheLevel.read(folder)).containsExactly(new CacheLevel(1, 48 << 10, 1), new CacheLevel(3, 32 << 20, 8));
  }

  @Test
  void leavesOutWhatItCannotRead() throws IOException {
    index(0, "1", "Data", "48 kilobytes", "0");
    assertThat(CacheLevel.read(folder)).isEmpty();
  }

  @Test
  void isSharedByThreadsUpToItsProcessors() {
    CacheLevel level = new CacheLevel(3, 32 << 20, 4);
    assertThat(level.share(1)).isEqualTo(32 << 20);
    assertThat(level.share(2)).isEqualTo(16 << 20);
    assertThat(level.share(16)).isEqualTo(8 << 20);
  }
}
