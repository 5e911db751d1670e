package dev.slipway.backend;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.slipway.graph.GraphPrinter;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.io.TempDir;

/**
 * Feeds any bytes to the loader of plans, with the checksums made right so that what is behind them is reached. A
 * build only runs the seeds beside this class; the environment variable {@code JAZZER_FUZZ=1} with
 * {@code -Djazzer.hooks=true} searches for new ones.
 */
class PlanFileFuzzTest {
  private static final int TABLE = 16;
  private static final int ENTRY_BYTES = 40;
  private static final int MOST_SECTIONS = 16;

  @TempDir
  static Path folder;

  @FuzzTest(maxDuration = "5m")
  void loadsOrRefuses(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("fuzzed.plan"), withChecksums(bytes));
    try (Arena arena = Arena.ofConfined()) {
      Plan plan = PlanFile.read(file, arena);
      plan.tuned().ifPresent(tuned -> GraphPrinter.print(tuned.graph()));
      GraphPrinter.print(plan.portable().get());
    } catch (SlipwayException e) {
      // refused with a reason
    }
  }

  /** The bytes with the checksum of every section that lies inside them, and that of the table of sections. */
  private static byte[] withChecksums(byte[] bytes) {
    ByteBuffer plan = ByteBuffer.wrap(bytes.clone());
    int sections = plan.capacity() < TABLE ? 0 : plan.getInt(TABLE - Integer.BYTES);
    int end = TABLE + ENTRY_BYTES * Math.clamp(sections, 0, MOST_SECTIONS);
    if (end + Integer.BYTES > plan.capacity()) {
      return plan.array();
    }
    for (int entry = TABLE; entry < end; entry += ENTRY_BYTES) {
      long offset = plan.getLong(entry + 16);
      long length = plan.getLong(entry + 24);
      if (offset >= 0 && offset <= plan.capacity() && length >= 0 && length <= plan.capacity() - offset) {
        plan.putInt(entry + 32, checksum(plan.array(), (int) offset, (int) length));
      }
    }
    plan.putInt(end, checksum(plan.array(), 0, end));
    return plan.array();
  }

  private static int checksum(byte[] bytes, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, offset, length);
    return (int) crc.getValue();
  }
}
