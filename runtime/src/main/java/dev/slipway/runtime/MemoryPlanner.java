package dev.slipway.runtime;

import java.util.ArrayList;
import java.util.List;

/**
 * Gives every root a place in the workspace such that roots that live at the same time do not overlap: the largest
 * first, each at the lowest free offset (greedy by size; Pisarchyk and Lee, "Efficient Memory Management for Deep
 * Neural Net Inference", 2020).
 */
final class MemoryPlanner {
  private static final long ALIGNMENT = 64;

  private MemoryPlanner() {}

  /** Sets the offset of every root and gives the size of the workspace in bytes. */
  static long plan(List<Root> roots) {
    List<Root> bySize = new ArrayList<>(roots);
    bySize.sort((a, b) -> Long.compare(b.bytes, a.bytes));
    List<Root> placed = new ArrayList<>();
    long total = 0;
    for (Root root : bySize) {
      root.workspaceOffset = lowestFree(root, placed);
      total = Math.max(total, end(root));
      insert(placed, root);
    }
    return total;
  }

  private static long lowestFree(Root root, List<Root> byOffset) {
    long offset = 0;
    for (Root other : byOffset) {
      if (other.lastStep < root.firstStep || root.lastStep < other.firstStep) {
        continue;
      }
      if (offset + root.bytes <= other.workspaceOffset) {
        break;
      }
      offset = Math.max(offset, align(end(other)));
    }
    return offset;
  }

  private static void insert(List<Root> byOffset, Root root) {
    int at = 0;
    while (at < byOffset.size() && byOffset.get(at).workspaceOffset <= root.workspaceOffset) {
      at++;
    }
    byOffset.add(at, root);
  }

  private static long end(Root root) {
    return Math.addExact(root.workspaceOffset, root.bytes);
  }

  private static long align(long offset) {
    return Math.ceilDiv(offset, ALIGNMENT) * ALIGNMENT;
  }
}
