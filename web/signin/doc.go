// Package signin lets people into the pages: by their council's own sign-in (OpenID Connect, as Microsoft Entra ID has it),
// by a bearer token, or, on the machine on which the server runs, by a link that it prints when it starts and that works once.
//
// A session is a random token in a cookie that no script can read and no other site can send; the server keeps only its
// SHA-256. It ends after half an hour without a request, after ten hours at the latest, when its holder signs out (here or
// everywhere), when the token it came from is revoked or expires, and with the process: a server that starts anew asks
// everybody to sign in again, which single sign-on answers without a word.
//
// Forms can't be sent from other sites: the browser says where a request comes from, and the server believes nobody else
// ([http.CrossOriginProtection]); the cookie is SameSite=Lax beside that.
//
// What a person may do is the role of their token, or the highest app role that their identity token names. A token that ends
// is noticed at once. The council's sign-in tells nobody when it takes a role away or shuts an account, so it is asked again:
// who opens a page three quarters of an hour after the last answer is sent there and back without seeing it (prompt=none), and
// comes back with the role of now. If it would have to ask them, they sign in anew. After an hour without an answer nothing can
// be done, a form that was typed before included; so a role that is taken away lasts an hour at the longest.
package signin
