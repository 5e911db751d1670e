package dev.slipway.backend;

import dev.slipway.tensor.AtomicFile;
import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Plans as files: a table of sections, each with a checksum (CRC-32C), each at a multiple of 64 bytes. Constants are
 * mapped when the file is read, not copied; their checksum is taken of what reading the file gives, so that only those
 * that kernels touch become resident. The same plan gives the same bytes.
 *
 * <pre>
 * 0   "SLIPPLAN", version (int32), number of sections (int32)
 * 16  for each section: name (16 bytes), offset (int64), length (int64), checksum (int32), 0 (int32)
 *     checksum of everything before it (int32)
 *     the sections: manifest, portable, tuned (may be absent), constants, data
 * </pre>
 *
 * Numbers are big-endian, tensors little-endian.
 */
public final class PlanFile {
  /** Raised with every change of the format. */
  public static final int VERSION = 2;

  static final byte[] MAGIC = "SLIPPLAN".getBytes(StandardCharsets.US_ASCII);
  static final int NAME_BYTES = 16;
  static final int ENTRY_BYTES = NAME_BYTES + 8 + 8 + 4 + 4;
  static final String DATA = "data";

  private PlanFile() {}

  /**
   * Writes a plan to a temporary file beside the target and moves it there.
   *
   * @throws SlipwayException where the file cannot be written
   */
  public static void write(Plan plan, Path file) {
    try {
      AtomicFile.write(file, channel -> new PlanWriter().write(plan, channel));
    } catch (IOException e) {
      throw new SlipwayException("plan " + file + ": cannot be written: " + FileFailure.reason(e)
          + " (expected: a path in a folder that exists and is writable)", e);
    }
  }

  /** Whether a file begins as a plan does. */
  public static boolean isPlan(Path file) {
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer start = ByteBuffer.allocate(MAGIC.length);
      channel.read(start);
      return Arrays.equals(start.array(), MAGIC);
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Reads a plan; its constants live as long as the arena.
   *
   * @throws SlipwayException where the file is no plan, of another version, or damaged
   */
  public static Plan read(Path file, Arena arena) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return new PlanReader(file, channel, arena).read();
    } catch (IOException e) {
      throw new SlipwayException("plan " + file + ": cannot be read: " + FileFailure.reason(e), e);
    }
  }
}
