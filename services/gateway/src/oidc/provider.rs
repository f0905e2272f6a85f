//! Asks the provider: for its description, and for the ID token of a code.

use std::{
    borrow::Cow,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::http::Response;
use futures_util::future::BoxFuture;
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret,
    CsrfToken, EndpointNotSet, EndpointSet, ExtraTokenFields, HttpRequest, HttpResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    StandardRevocableToken, StandardTokenResponse, TokenUrl,
    basic::{
        BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse,
        BasicTokenIntrospectionResponse, BasicTokenType,
    },
};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Semaphore};

use super::{metadata::Metadata, pending::PendingSignIn};
use crate::{
    auth::KeySet,
    config::{GatewayError, OidcConfig},
    issuer_http::IssuerClient,
};

/// A person is led to a provider that gave its description this long ago at most.
pub(crate) const HERE: Duration = Duration::from_secs(30);
/// A person who comes back needs no younger description than this.
pub(crate) const KNOWN: Duration = Duration::from_secs(3_600);
/// The least time between two fetches.
const PAUSE: Duration = Duration::from_secs(5);
/// Codes that are exchanged at once.
const AT_ONCE: usize = 16;

/// A provider with its latest description.
pub(crate) struct OidcProvider {
    pub(crate) config: OidcConfig,
    /// The host of the issuer, with a port that is not the usual one.
    pub(crate) host: String,
    address: Url,
    client: IssuerClient,
    /// Held during a fetch, so that only one runs at a time.
    known: Mutex<KnownMetadata>,
    exchanges: Semaphore,
}

#[derive(Default)]
struct KnownMetadata {
    latest: Option<(Arc<Discovered>, Instant)>,
    asked: Option<Instant>,
}

/// The provider as it describes itself, with its key set.
pub(crate) struct Discovered {
    pub(crate) metadata: Metadata,
    pub(crate) keys: Arc<KeySet>,
}

/// The provider gives no answer now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProviderAway;

/// The reason why a code gives no ID token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExchangeProblem {
    Away,
    /// The code was used, is too old, or is not this sign-in's.
    CodeEnded,
    /// The provider refuses this office, or its answer is none.
    Refused,
}

/// The field of the provider's answer that counts. Access tokens are passed over.
#[derive(Debug, Deserialize, Serialize)]
struct IdTokenField {
    id_token: Option<String>,
}

impl ExtraTokenFields for IdTokenField {}

type CodeClient = Client<
    BasicErrorResponse,
    StandardTokenResponse<IdTokenField, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// The provider did not answer a request, or answered that it cannot now.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unanswered(String);

impl OidcProvider {
    /// A provider that was not asked yet.
    ///
    /// # Errors
    /// An issuer that is not https, nor http on loopback, or an empty client id.
    pub(crate) fn new(config: OidcConfig) -> Result<Self, GatewayError> {
        if config.client_id.trim().is_empty() {
            return Err(GatewayError::EmptyName("--oidc-client-id"));
        }
        let address = Metadata::address(&config.issuer);
        let address = address.ok_or_else(|| GatewayError::OidcIssuer(config.issuer.clone()))?;
        let port = address.port().map(|port| format!(":{port}"));
        Ok(Self {
            host: address.host_str().unwrap_or_default().to_owned() + &port.unwrap_or_default(),
            address,
            client: IssuerClient::new()?,
            known: Mutex::default(),
            exchanges: Semaphore::new(AT_ONCE),
            config,
        })
    }

    /// The provider's description, of this age at most. It is fetched again after half a minute.
    pub(crate) async fn discover(&self, oldest: Duration) -> Result<Arc<Discovered>, ProviderAway> {
        let mut known = self.known.lock().await;
        let younger_than = |age: Duration, known: &KnownMetadata| {
            let (latest, at) = known.latest.as_ref()?;
            (at.elapsed() < age).then(|| latest.clone())
        };
        if let Some(fresh) = younger_than(HERE, &known) {
            return Ok(fresh);
        }
        if known.asked.is_none_or(|at| at.elapsed() >= PAUSE) {
            known.asked = Some(Instant::now());
            match self.fetch(&known).await {
                Ok(latest) => known.latest = Some((Arc::new(latest), Instant::now())),
                Err(error) => tracing::warn!(error, "the provider's description cannot be read"),
            }
        }
        younger_than(oldest, &known).ok_or(ProviderAway)
    }

    async fn fetch(&self, known: &KnownMetadata) -> Result<Discovered, String> {
        let body = self.client.get(&self.address).await?;
        let metadata = Metadata::parse(&body, &self.config.issuer)?;
        let before = known.latest.as_ref().map(|(latest, _)| latest);
        let same = before.filter(|before| before.metadata.keys == metadata.keys);
        let keys = same
            .map(|same| same.keys.clone())
            .unwrap_or_else(|| Arc::new(KeySet::at(self.client.clone(), metadata.keys.clone())));
        Ok(Discovered { metadata, keys })
    }

    fn code_client(&self, metadata: &Metadata) -> CodeClient {
        let client = Client::new(ClientId::new(self.config.client_id.clone()))
            .set_auth_uri(AuthUrl::from_url(metadata.authorization.clone()))
            .set_token_uri(TokenUrl::from_url(metadata.token.clone()))
            .set_auth_type(match metadata.secret_in_body {
                true => AuthType::RequestBody,
                false => AuthType::BasicAuth,
            });
        match &self.config.client_secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.clone())),
            None => client,
        }
    }

    /// The page where a person signs in, and the sign-in that waits for its answer. It lasts until `until_ms`.
    ///
    /// # Errors
    /// A return address that is none.
    pub(crate) fn begin(
        &self,
        metadata: &Metadata,
        (return_address, back): (&str, &str),
        language: &'static str,
        until_ms: u64,
    ) -> Result<(Url, PendingSignIn), ProviderAway> {
        let redirect = RedirectUrl::new(return_address.to_owned()).map_err(|_| ProviderAway)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let nonce = CsrfToken::new_random().into_secret();
        let (address, state) = self
            .code_client(metadata)
            .authorize_url(CsrfToken::new_random)
            .set_redirect_uri(Cow::Owned(redirect))
            .set_pkce_challenge(challenge)
            .add_scope(Scope::new("openid".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .add_extra_param("nonce", &nonce)
            .add_extra_param("ui_locales", language)
            .url();
        let pending = PendingSignIn {
            state: state.into_secret(),
            nonce,
            verifier: verifier.into_secret(),
            return_address: return_address.to_owned(),
            back: back.to_owned(),
            until_ms,
        };
        Ok((address, pending))
    }

    /// The page of the provider that ends the session there, and then leads to `back`.
    pub(crate) fn sign_out_address(&self, metadata: &Metadata, back: &str) -> Option<Url> {
        let mut address = metadata.sign_out.clone()?;
        address
            .query_pairs_mut()
            .append_pair("client_id", &self.config.client_id)
            .append_pair("post_logout_redirect_uri", back);
        Some(address)
    }

    /// The ID token of a code.
    pub(crate) async fn exchange(
        &self,
        metadata: &Metadata,
        pending: &PendingSignIn,
        code: &str,
    ) -> Result<String, ExchangeProblem> {
        let permit = self.exchanges.try_acquire();
        let _permit = permit.map_err(|_| ExchangeProblem::Away)?;
        let redirect = RedirectUrl::new(pending.return_address.clone());
        let redirect = redirect.map_err(|_| ExchangeProblem::CodeEnded)?;
        let answered = self
            .code_client(metadata)
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_redirect_uri(Cow::Owned(redirect))
            .set_pkce_verifier(PkceCodeVerifier::new(pending.verifier.clone()))
            .request_async(&self.client)
            .await;
        match answered {
            Ok(answer) => {
                let token = answer.extra_fields().id_token.clone();
                token.ok_or_else(|| refused("its answer has no ID token"))
            }
            Err(RequestTokenError::Request(error)) => {
                tracing::warn!(%error, "the provider cannot be asked for an ID token");
                Err(ExchangeProblem::Away)
            }
            Err(RequestTokenError::ServerResponse(problem)) => match problem.error() {
                BasicErrorResponseType::InvalidGrant => Err(ExchangeProblem::CodeEnded),
                other => Err(refused(other.as_ref())),
            },
            // The answer may hold a token, so its text is not told.
            Err(RequestTokenError::Parse(..) | RequestTokenError::Other(_)) => {
                Err(refused("its answer cannot be read"))
            }
        }
    }
}

impl<'c> AsyncHttpClient<'c> for IssuerClient {
    type Error = Unanswered;
    type Future = BoxFuture<'c, Result<HttpResponse, Unanswered>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let request = reqwest::Request::try_from(request);
            let request = request.map_err(|error| Unanswered(error.without_url().to_string()))?;
            let (status, body) = self.send(request).await.map_err(Unanswered)?;
            if status.is_server_error() {
                return Err(Unanswered(format!("the provider answers {status}")));
            }
            let response = Response::builder().status(status).body(body);
            response.map_err(|error| Unanswered(error.to_string()))
        })
    }
}

/// Logs why the provider gives no ID token. The administration has to mend it.
fn refused(reason: &str) -> ExchangeProblem {
    tracing::error!(reason, "the provider gives no ID token");
    ExchangeProblem::Refused
}
