package dev.slipway.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.zip.ZipException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileFailureTest {
  @TempDir private Path folder;

  @Test
  void saysWhatTheFileSystemMeant() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));

    assertThat(reason(() -> Files.readAllBytes(folder.resolve("none")))).isEqualTo("no such file or folder");
    assertThat(reason(() -> Files.createDirectory(file))).isEqualTo("a file of this name is there");
    assertThat(reason(() -> Files.newDirectoryStream(file))).isEqualTo("no folder");
    assertThat(reason(() -> Files.readAllBytes(file.resolve("below")))).isEqualTo("Not a directory");
    assertThat(reason(() -> Files.readAllBytes(folder))).isEqualTo("Is a directory");
  }

  @Test
  void saysWhatIsWrongWithTheContent() {
    assertThat(FileFailure.reason(new MalformedInputException(1))).isEqualTo("no UTF-8 text");
    assertThat(FileFailure.reason(new EOFException())).isEqualTo("it ends too early");
    assertThat(FileFailure.reason(new ZipException("zip END header not found")))
        .isEqualTo("no zip file, or a damaged one: zip END header not found");
  }

  @Test
  void neverSaysNull() {
    assertThat(FileFailure.reason(new IOException())).isEqualTo("IOException");
    assertThat(FileFailure.reason(new FileSystemException("a"))).isEqualTo("FileSystemException");
    assertThat(FileFailure.reason(new IOException("No space left on device"))).isEqualTo("No space left on device");
  }

  private static String reason(ThrowingCallable action) {
    return FileFailure.reason((IOException) Assertions.catchThrowable(action));
  }
}
