package dev.slipway.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir private Path folder;

  @Test
  void replacesAFile() throws IOException {
    Path file = folder.resolve("a.txt");
    AtomicFile.write(file, "first");
    AtomicFile.write(file, "second");
    assertThat(file).hasContent("second");
    assertThat(files()).containsExactly(file);
  }

  @Test
  void leavesWhatWasThereWhereWritingFails() throws IOException {
    Path file = folder.resolve("a.txt");
    AtomicFile.write(file, "first");
    assertThatIOException().isThrownBy(() -> AtomicFile.write(file, channel -> {
      channel.position(1 << 20);
      throw new IOException("disk full");
    }));
    assertThat(file).hasContent("first");
    assertThat(files()).containsExactly(file);
  }

  @Test
  void leavesNothingWhereWritingFails() throws IOException {
    assertThatIOException().isThrownBy(() -> AtomicFile.write(folder.resolve("a.txt"), channel -> {
      throw new IOException("disk full");
    }));
    assertThat(files()).isEmpty();
  }

  @Test
  void writesDevicesInPlace() throws IOException {
    AtomicFile.write(Path.of("/dev/null"), "nothing");
    assertThat(Files.isRegularFile(Path.of("/dev/null"))).isFalse();
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }
}
