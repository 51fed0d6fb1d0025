import { Button, Center } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import { useEffect, useRef } from "react";

interface NextPageProps {
  readonly loading: boolean;
  loadMore(): void;
}

/** Loads the next page when its place comes near the screen. The button is for those who jump to it. */
export function NextPage({ loading, loadMore }: NextPageProps) {
  const { ref, entry } = useIntersection({ rootMargin: "600px" });
  const isNear = entry?.isIntersecting === true;
  const latest = useRef(loadMore);
  latest.current = loadMore;
  useEffect(() => {
    if (isNear) latest.current();
  }, [isNear]);
  return (
    <Center ref={ref}>
      <Button variant="default" loading={loading} onClick={loadMore}>
        Load more
      </Button>
    </Center>
  );
}
