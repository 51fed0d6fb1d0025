import { ServerError } from "@apollo/client/errors";
import { ApolloLink } from "@apollo/client/link";
import { Observable } from "rxjs";
import type { TokenSource } from "../core/token.ts";

/** Sends each operation with a token, and once more with a new one if the server refuses the token. */
export function authenticated(link: ApolloLink, tokens: TokenSource): ApolloLink {
  return new ApolloLink(
    (operation, forward) =>
      new Observable((observer) => {
        const send = async (isRepeated: boolean) => {
          const used = tokens.get();
          const token = await used;
          if (observer.closed) return;
          const canRepeat = () => !isRepeated && tokens.isRenewable;
          const headers = operation.getContext().headers as Record<string, string> | undefined;
          if (token !== undefined)
            operation.setContext({ headers: { ...headers, authorization: `Bearer ${token}` } });
          let isRefused = false;
          const repeat = () => {
            isRefused = true;
            tokens.renew(used);
            void send(true).catch((error) => observer.error(error));
          };
          const subscription = link.request(operation, forward).subscribe({
            next: (result) => {
              if (isUnauthenticated(result) && canRepeat()) repeat();
              else observer.next(result);
            },
            error: (error) => {
              if (ServerError.is(error) && error.statusCode === 401 && canRepeat()) repeat();
              else observer.error(error);
            },
            complete: () => {
              if (!isRefused) observer.complete();
            },
          });
          observer.add(subscription);
        };
        send(false).catch((error) => observer.error(error));
      }),
  );
}

/** Not if the server could not check the token: another one would not help. */
function isUnauthenticated(result: ApolloLink.Result): boolean {
  const { errors = [] } = result;
  return errors.some(
    ({ extensions }) => extensions?.code === "UNAUTHENTICATED" && extensions.retryable !== true,
  );
}
