package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModuleChecksumTest {
  @TempDir
  private Path folder;

  private void write(String file, String content) throws IOException {
    Path path = folder.resolve("classes").resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, content);
  }

  private Path jar(String... files) throws IOException {
    Path jar = folder.resolve("module.jar");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
      for (String file : List.of(files)) {
        out.putNextEntry(new ZipEntry(file));
        out.write(Files.readAllBytes(folder.resolve("classes").resolve(file)));
      }
    }
    return jar;
  }

  @Test
  void isThatOfTheClasses() throws IOException {
    write("p/A.class", "a");
    write("p/B.class", "b");
    write("p/notes.txt", "1");
    write("module-info.class", "2");
    Path jar = jar("module-info.class", "p/B.class", "p/A.class");
    long checksum = ModuleChecksum.ofFolder(folder.resolve("classes"));
    assertThat(ModuleChecksum.ofJar(jar)).isEqualTo(checksum);
    write("module-info.class", "3");
    assertThat(ModuleChecksum.ofFolder(folder.resolve("classes"))).isEqualTo(checksum);
    write("p/B.class", "c");
    assertThat(ModuleChecksum.ofFolder(folder.resolve("classes"))).isNotEqualTo(checksum);
  }

  @Test
  void tellsWhichClassHasWhichContent() throws IOException {
    write("A.class", "a");
    write("B.class", "b");
    long checksum = ModuleChecksum.ofFolder(folder.resolve("classes"));
    write("A.class", "b");
    write("B.class", "a");
    assertThat(ModuleChecksum.ofFolder(folder.resolve("classes"))).isNotEqualTo(checksum);
  }
}
