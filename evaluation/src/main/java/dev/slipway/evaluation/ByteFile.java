package dev.slipway.evaluation;

import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** Whole files of records, compressed by gzip or not; they stay in memory while their data set is open. */
final class ByteFile {
  private static final int MAX_BYTES = 1 << 30;
  private static final int GZIP_MAGIC = 0x1f8b;

  private ByteFile() {}

  static byte[] read(Path file) {
    return read(file, MAX_BYTES);
  }

  /** The first bytes, fewer where the file has fewer. */
  static byte[] head(Path file, int count) {
    try (InputStream in = open(file)) {
      return in.readNBytes(count);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static byte[] read(Path file, int limit) {
    try (InputStream in = open(file)) {
      byte[] bytes = in.readNBytes(limit);
      if (in.read() >= 0) {
        throw new SlipwayException(file + ": more than " + limit + " bytes (expected: at most so many)");
      }
      return bytes;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static InputStream open(Path file) throws IOException {
    InputStream in = new BufferedInputStream(Files.newInputStream(file));
    try {
      in.mark(2);
      boolean isCompressed = in.read() << 8 == (GZIP_MAGIC & 0xff00) && in.read() == (GZIP_MAGIC & 0xff);
      in.reset();
      return isCompressed ? new GZIPInputStream(in) : in;
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  private static SlipwayException unreadable(Path file, IOException e) {
    return new SlipwayException(
        file + ": cannot be read: " + FileFailure.reason(e) + " (expected: a file, whole or in gzip)", e);
  }
}
